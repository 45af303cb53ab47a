import * as z from 'zod'
import { siloPhases } from './silo.ts'

const fields = {
  supabase_url: z.string(),
  supabase_anon_key: z.string(),
  supabase_service_role_key: z.string(),
  db_connection_string: z.string(),
  db_password: z.string(),
  studio_url: z.string().nullable(),
  studio_username: z.string().nullable(),
  studio_password: z.string().nullable(),
  silo_preview_url: z.string(),
}

/** The connection record. What an agent gets of it is a projection by its role and the silo's phase. */
export const appContextSchema = z.object({
  ...fields,
  silo_id: z.string(),
  status: z.enum(siloPhases),
  started_at: z.string().nullable(),
  connection_info: z.object(fields).partial(),
  services: z.record(z.string(), z.object({ status: z.string(), machine_id: z.string().nullable() })),
  /** There when a service is down: what works with this data may not. */
  unsafe: z.literal(true),
})
export type AppContext = Partial<z.infer<typeof appContextSchema>>
