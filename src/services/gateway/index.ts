// The API gateway of a silo: Kong's declarative format, key-auth, acl, cors and the other plugins a Supabase project uses.
// Routes and refuses; knows nothing of what the services behind it do.
export { gatewayService } from './service.ts'
