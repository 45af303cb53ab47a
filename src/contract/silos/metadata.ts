import * as z from 'zod'
import { devenvStatusWords, siloStatusWords } from './silo.ts'

/** The metadata document: what is known of a silo beside its secrets, in its ten sections. Holds nothing to connect with. */
export const siloMetadataSchema = z.object({
  identity: z.object({ name: z.string(), client_slug: z.string(), app_slug: z.string() }),
  repo: z.object({ branch: z.string() }),
  frontend: z.object({ provider: z.literal('netlify'), preview_url: z.string() }),
  database: z.object({ engine: z.literal('postgres'), image: z.string(), port: z.number() }),
  stack: z.array(z.object({ service: z.string(), app: z.string(), image: z.string(), port: z.number() })),
  providers: z.object({ runtime: z.literal('hangar'), frontend: z.literal('netlify') }),
  client: z.object({ slug: z.string() }),
  /** Names alone. */
  env_vars_template: z.array(z.string()),
  silo: z.object({
    silo_id: z.string(),
    alias: z.string(),
    silo_status: z.enum(siloStatusWords),
    created_at: z.string(),
  }),
  devenv: z.object({
    devenv_enabled: z.boolean(),
    devenv_status: z.enum(devenvStatusWords),
    /** The same as devenv_status, under the name by which the guide changes it. */
    silo_status: z.enum(devenvStatusWords),
    devenv_branch: z.string(),
    fly_org: z.string(),
    fly_region: z.string(),
    rls_mode: z.enum(['production', 'permissive', 'disabled']),
    key_version: z.number(),
    fly_app_prefix: z.string(),
    auto_stop_minutes: z.number(),
    last_started_at: z.string().nullable(),
    last_stopped_at: z.string().nullable(),
  }),
})
export type SiloMetadata = z.infer<typeof siloMetadataSchema>
