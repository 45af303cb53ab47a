// The admin page of a silo: its tables, rows, policies, users and buckets, behind a password.
// It only looks: nothing here changes the database, and it knows no other service.
export { studioService } from './service.ts'
