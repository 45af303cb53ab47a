// Files with permissions: buckets and objects over Supabase's storage API, rows in the silo's PostgreSQL, bytes in its volume.
// Who may do what is decided by PostgreSQL's policies alone; this folder never decides it, and knows no machine or silo.

/** Makes schema `storage` in a database; for clusters that are prepared before the service first runs. */
export { migrate as migrateStorage } from './database/migrations.ts'
export { storageService } from './service.ts'
