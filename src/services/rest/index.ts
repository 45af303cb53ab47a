// A REST API over PostgreSQL's tables, views and functions, as PostgREST v12 gives it; rights are PostgreSQL's own.
// Builds one statement per request and decides nothing about who may see what.
export { restInspections } from './inspect.ts'
export { seedSchema } from './schema/seed.ts'
export { restService } from './service.ts'
