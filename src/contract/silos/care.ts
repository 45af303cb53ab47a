import * as z from 'zod'
import { siloParts } from './silo.ts'

export const rlsModeNames = ['production', 'permissive', 'disabled'] as const

export const leaseSchema = z.object({
  lease: z.string(),
  silo_id: z.string(),
  /** PostgreSQL role. */
  role: z.string(),
  access: z.enum(['read-only', 'read-write']),
  bypass_rls: z.boolean(),
  row_limit: z.number(),
  statement_timeout_ms: z.number(),
  purpose: z.string(),
  holder: z.string(),
  holder_role: z.string(),
  state: z.enum(['granting', 'active', 'ending', 'ended']),
  created_at: z.string(),
  expires_at: z.string(),
  ended_at: z.string().nullable(),
  end_reason: z.string().nullable(),
})
export type DatabaseLease = z.infer<typeof leaseSchema>

/** Told once, when the lease is granted. */
export const grantedLeaseSchema = leaseSchema.extend({
  db_connection_string: z.string(),
  db_password: z.string(),
  /** For the REST service: the anon key as `apikey`, the token as `Authorization: Bearer`. */
  supabase_url: z.string(),
  supabase_anon_key: z.string(),
  access_token: z.string(),
})
export type GrantedLease = z.infer<typeof grantedLeaseSchema>

export const rlsReportSchema = z.object({
  mode: z.enum(rlsModeNames),
  /** False: whoever has the public key reads and changes everything. */
  safe: z.boolean(),
  tables: z.number(),
  enforced: z.number(),
  without_policy: z.array(z.string()),
  set_aside: z.array(z.string()),
  not_restored: z.array(z.string()),
})
export type RlsReportDocument = z.infer<typeof rlsReportSchema>

export const destroyedSiloSchema = z.object({
  silo_id: z.string(),
  alias: z.string(),
  region: z.string(),
  destroyed_at: z.string(),
  /** Until then it can be brought back. */
  kept_until: z.string(),
  parts_with_data: z.array(z.enum(siloParts)),
})
export type DestroyedSilo = z.infer<typeof destroyedSiloSchema>

export const regionSchema = z.object({
  code: z.string(),
  location: z.string(),
  on_fly: z.boolean(),
  maps_to: z.string().nullable(),
  latency_from_toronto_ms: z.number().nullable(),
  use: z.string().nullable(),
})

export const frontendSchema = z.object({
  site_id: z.string(),
  url: z.string(),
  /** Of the keys that it has; behind the silo's while an update is owed. */
  key_version: z.number(),
  set_at: z.string().nullable(),
  error: z.string().nullable(),
})
