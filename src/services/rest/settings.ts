import type { ServiceContext } from '#http'
import { HangarError } from '#kernel'

export interface RestSettings {
  readonly databaseUrl: string
  readonly schemas: readonly string[]
  readonly extraSearchPath: readonly string[]
  readonly anonRole: string | undefined
  readonly jwtSecret: string | undefined
  readonly jwtAudience: string | undefined
  readonly maxRows: number | undefined
  readonly poolSize: number
  readonly preRequest: string | undefined
  readonly aggregates: boolean
}

/** Reads the variables of `postgrest/postgrest`. Throws a user error that names the variable and the rule. */
export function readSettings(env: ServiceContext['env']): RestSettings {
  const list = (value: string | undefined) =>
    (value ?? '')
      .split(',')
      .map(part => part.trim())
      .filter(Boolean)
  const databaseUrl = env['PGRST_DB_URI']
  if (!databaseUrl) throw setting('PGRST_DB_URI', 'is not set')
  const jwtSecret = env['PGRST_JWT_SECRET'] || undefined
  if (jwtSecret !== undefined && !jwtSecret.startsWith('{') && jwtSecret.length < 32)
    throw setting('PGRST_JWT_SECRET', 'must be at least 32 characters long')
  const schemas = list(env['PGRST_DB_SCHEMAS'] ?? env['PGRST_DB_SCHEMA'])
  return Object.freeze({
    databaseUrl,
    schemas: schemas.length > 0 ? schemas : ['public'],
    extraSearchPath: list(env['PGRST_DB_EXTRA_SEARCH_PATH'] ?? 'public'),
    anonRole: env['PGRST_DB_ANON_ROLE'] || undefined,
    jwtSecret,
    jwtAudience: env['PGRST_JWT_AUD'] || undefined,
    maxRows: number(env, 'PGRST_DB_MAX_ROWS'),
    poolSize: Math.max(1, Math.min(number(env, 'PGRST_DB_POOL') ?? 10, 20)),
    preRequest: env['PGRST_DB_PRE_REQUEST'] || undefined,
    aggregates: env['PGRST_DB_AGGREGATES_ENABLED'] === 'true',
  })
}

function number(env: ServiceContext['env'], name: string): number | undefined {
  const value = env[name]
  if (value === undefined || value === '') return undefined
  if (!/^\d+$/.test(value)) throw setting(name, `must be a number, not "${value}"`)
  return Number(value)
}

function setting(variable: string, rule: string): HangarError {
  return new HangarError(`${variable} ${rule}`, { code: 'HGR_REST_SETTING', status: 422 })
}
