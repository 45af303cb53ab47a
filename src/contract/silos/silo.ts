import * as z from 'zod'

/** Lower-case letters, digits and single hyphens, 1 to 20 characters: `devenv-{client}-{app}-storage` must stay a valid app name (63). */
export const slugRule =
  '1 to 20 lower-case letters, digits or single hyphens, starting with a letter and not ending with a hyphen'

export const slugSchema = z
  .string()
  .max(20, `must be ${slugRule}`)
  .regex(/^[a-z](?:-?[a-z0-9])*$/, `must be ${slugRule}`)

/** The six parts of a silo, in the documented order in which they are provisioned. */
export const siloParts = ['pg', 'rest', 'auth', 'kong', 'storage', 'studio'] as const
export type SiloPart = (typeof siloParts)[number]

/** Names of the parts in statuses and connection records. */
export const siloServiceNames = {
  pg: 'postgres',
  rest: 'postgrest',
  auth: 'gotrue',
  kong: 'kong',
  storage: 'storage',
  studio: 'studio',
} as const satisfies Record<SiloPart, string>

export const siloPhases = [
  'provisioning',
  'starting',
  'running',
  'degraded',
  'stopping',
  'stopped',
  'error',
  'destroying',
] as const
export type SiloPhase = (typeof siloPhases)[number]

/** `silo.silo_status` of the metadata document; coarser than the phase. */
export const siloStatusWords = [
  'not_provisioned',
  'provisioning',
  'active',
  'degraded',
  'stopped',
  'error',
] as const
export type SiloStatusWord = (typeof siloStatusWords)[number]

/** `devenv.devenv_status` of the metadata document. */
export const devenvStatusWords = [
  'not_started',
  'starting',
  'running',
  'stopping',
  'stopped',
  'error',
] as const
export type DevenvStatusWord = (typeof devenvStatusWords)[number]

/** What each phase is called in the two status words. */
export const statusWords: Readonly<
  Record<SiloPhase, { readonly silo: SiloStatusWord; readonly devenv: DevenvStatusWord }>
> = {
  provisioning: { silo: 'provisioning', devenv: 'starting' },
  starting: { silo: 'stopped', devenv: 'starting' },
  running: { silo: 'active', devenv: 'running' },
  degraded: { silo: 'degraded', devenv: 'running' },
  stopping: { silo: 'stopped', devenv: 'stopping' },
  stopped: { silo: 'stopped', devenv: 'stopped' },
  error: { silo: 'error', devenv: 'error' },
  destroying: { silo: 'stopped', devenv: 'stopping' },
}

export const siloServiceSchema = z.object({
  status: z.string(),
  machine_id: z.string().nullable(),
  cpu_percent: z.number().nullable(),
  memory_mb: z.number().nullable(),
  uptime_seconds: z.number().nullable(),
  /** True where figures are a share of a common process. */
  estimated: z.boolean(),
})

export const siloSchema = z.object({
  silo_id: z.string(),
  /** `{client}-{app}` */
  alias: z.string(),
  client: z.string(),
  app: z.string(),
  /** `silo_status` of the metadata document. */
  overall_status: z.enum(siloStatusWords),
  phase: z.enum(siloPhases),
  region: z.string(),
  created_at: z.string(),
  last_started_at: z.string().nullable(),
  last_stopped_at: z.string().nullable(),
  auto_stop_minutes: z.number(),
  studio: z.boolean(),
  /** The last failure, one sentence. */
  error: z.string().nullable(),
})

/** Status fields of the guide (`GET /silo-status`), and why it is awake. */
export const siloStatusSchema = siloSchema.extend({
  services: z.record(z.string(), siloServiceSchema),
  inactivity_seconds: z.number().nullable(),
  auto_stop_trigger_in_seconds: z.number().nullable(),
  last_request_at: z.string().nullable(),
  awake_because: z.object({ client: z.string(), door: z.string(), at: z.string() }).nullable(),
  /** Mode of row-level security; `disabled` is unsafe and ends with the next stop. */
  rls_mode: z.enum(['production', 'permissive', 'disabled']),
  /** Counts rotations of the keys. */
  key_version: z.number(),
  /** Where Fly's nearest region is, when it no longer has this one. */
  region_on_fly: z.string(),
  region_warning: z.string().nullable(),
})

/** Everything needed to connect. The operator may read it whole; agents get what the access table gives to their role. */
export const siloConnectionSchema = z.object({
  silo_id: z.string(),
  supabase_url: z.string(),
  supabase_anon_key: z.string(),
  /** The anon key for those who only look: the gateway opens nothing for it that writes. */
  supabase_read_key: z.string(),
  supabase_service_role_key: z.string(),
  /** The same two in the newer form, `sb_publishable_…` and `sb_secret_…`. */
  supabase_publishable_key: z.string(),
  supabase_secret_key: z.string(),
  db_connection_string: z.string(),
  db_password: z.string(),
  studio_url: z.string().nullable(),
  silo_preview_url: z.string(),
  studio_username: z.string().nullable(),
  studio_password: z.string().nullable(),
  jwt_secret: z.string(),
})

export const createSiloSchema = z.strictObject({
  client: slugSchema,
  app: slugSchema,
  region: z
    .string()
    .regex(/^[a-z]{3}$/, 'must be a region code of three letters, e.g. iad')
    .optional(),
  /** Idle minutes until the silo sleeps; 0 = never; fractions allowed. Default: 30. */
  auto_stop_minutes: z
    .number()
    .min(0)
    .max(60 * 24 * 30)
    .optional(),
  studio: z.boolean().optional(),
})

export type Silo = z.infer<typeof siloSchema>
export type SiloStatus = z.infer<typeof siloStatusSchema>
export type SiloConnection = z.infer<typeof siloConnectionSchema>
export type CreateSilo = z.infer<typeof createSiloSchema>
