import type { ServiceContext } from '#http'
import { HangarError, messageOf } from '#kernel'
import { compileClaimPath } from './identity/role-claim.ts'

export interface RestSettings {
  readonly databaseUrl: string
  readonly schemas: readonly string[]
  readonly extraSearchPath: readonly string[]
  readonly anonRole: string | undefined
  /** A plain secret, or a JWK or JWKS as JSON. */
  readonly jwtSecret: string | undefined
  readonly jwtSecretIsBase64: boolean
  readonly jwtAudience: string | undefined
  /** Where the role stands in the claims, as a JSPath: `.role`, `.app."https://x/roles"[0]`. */
  readonly jwtRoleClaim: string
  readonly maxRows: number | undefined
  readonly poolSize: number
  readonly preRequest: string | undefined
  readonly aggregates: boolean
  readonly plans: boolean
  readonly end: { readonly rollback: boolean; readonly override: boolean }
  readonly openApi: 'follow-privileges' | 'ignore-privileges' | 'disabled'
  readonly openApiProxy: string | undefined
  readonly adminPort: number | undefined
}

type Env = ServiceContext['env']

/** Reads the variables of `postgrest/postgrest`. Throws a user error that names the variable and the rule. */
export function readSettings(env: Env): RestSettings {
  const databaseUrl = env['PGRST_DB_URI']
  if (!databaseUrl) throw setting('PGRST_DB_URI', 'is not set')
  const schemas = list(env['PGRST_DB_SCHEMAS'] ?? env['PGRST_DB_SCHEMA'])
  const tx = choice(
    env,
    'PGRST_DB_TX_END',
    ['commit', 'commit-allow-override', 'rollback', 'rollback-allow-override'],
    'commit',
  )
  return Object.freeze({
    databaseUrl,
    schemas: schemas.length > 0 ? schemas : ['public'],
    extraSearchPath: list(env['PGRST_DB_EXTRA_SEARCH_PATH'] ?? 'public'),
    anonRole: env['PGRST_DB_ANON_ROLE'] || undefined,
    jwtSecret: jwtSecretOf(env),
    jwtSecretIsBase64: isTrue(env['PGRST_JWT_SECRET_IS_BASE64']),
    jwtAudience: env['PGRST_JWT_AUD'] || undefined,
    jwtRoleClaim: roleClaimOf(env),
    maxRows: count(env, 'PGRST_DB_MAX_ROWS'),
    poolSize: Math.max(1, Math.min(count(env, 'PGRST_DB_POOL') ?? 8, 20)),
    preRequest: env['PGRST_DB_PRE_REQUEST'] || undefined,
    aggregates: isTrue(env['PGRST_DB_AGGREGATES_ENABLED']),
    plans: isTrue(env['PGRST_DB_PLAN_ENABLED']),
    end: { rollback: tx.startsWith('rollback'), override: tx.endsWith('-allow-override') },
    openApi: choice(
      env,
      'PGRST_OPENAPI_MODE',
      ['follow-privileges', 'ignore-privileges', 'disabled'],
      'follow-privileges',
    ),
    openApiProxy: env['PGRST_OPENAPI_SERVER_PROXY_URI'] || undefined,
    adminPort: count(env, 'PGRST_ADMIN_SERVER_PORT'),
  } satisfies RestSettings)
}

function jwtSecretOf(env: Env): string | undefined {
  const secret = env['PGRST_JWT_SECRET'] || undefined
  if (secret === undefined) return undefined
  if (secret.trimStart().startsWith('{')) {
    try {
      JSON.parse(secret)
    } catch {
      throw setting('PGRST_JWT_SECRET', 'looks like a JWK, but is not valid JSON')
    }
  } else if (Buffer.byteLength(secret) < 32)
    throw setting('PGRST_JWT_SECRET', 'must be at least 32 characters long')
  return secret
}

function roleClaimOf(env: Env): string {
  const path = env['PGRST_JWT_ROLE_CLAIM_KEY'] || '.role'
  try {
    compileClaimPath(path)
    return path
  } catch (error) {
    throw setting('PGRST_JWT_ROLE_CLAIM_KEY', `is not a path: ${messageOf(error)}`)
  }
}

function list(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map(part => part.trim().replace(/^"(.*)"$/, '$1'))
    .filter(Boolean)
}

function isTrue(text: string | undefined): boolean {
  return /^(true|1|yes|on)$/i.test(text ?? '')
}

function count(env: Env, name: string): number | undefined {
  const text = env[name]
  if (text === undefined || text === '') return undefined
  if (!/^\d{1,9}$/.test(text)) throw setting(name, `must be a number, not "${text}"`)
  return Number(text)
}

function choice<T extends string>(env: Env, name: string, known: readonly T[], otherwise: T): T {
  const text = env[name]
  if (!text) return otherwise
  const found = known.find(one => one === text)
  if (!found) throw setting(name, `must be one of ${known.join(', ')}, not "${text}"`)
  return found
}

function setting(variable: string, rule: string): HangarError {
  return new HangarError(`${variable} ${rule}`, { code: 'HGR_REST_SETTING', status: 422 })
}
