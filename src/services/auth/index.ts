// Users and sessions: sign up, sign in, refresh, sign out and the admin's view, over the API of Supabase's auth service (GoTrue).
// Rows live in schema `auth` of the silo's PostgreSQL, which this folder alone creates. It decides who somebody is, never what they may
// read: that is for PostgreSQL's policies. Knows no machine and no silo.

/** Makes schema `auth` in a database; for clusters that are prepared before the service first runs. */
export { migrate as migrateAuth } from './database/migrations.ts'
export { authService } from './service.ts'
