import { readFileSync } from 'node:fs'
import type { ServiceContext } from '#http'
import { HangarError, messageOf } from '#kernel'
import { logLevels } from './access-log.ts'
import { databaseUrl, namesDatabase } from './configuration/database-url.ts'
import { withFile } from './configuration/file.ts'
import { readClaimPath } from './identity/role-claim.ts'
import { isHeaderName } from './response/headers.ts'
import type { Name } from './schema/cache.ts'

export interface RestSettings {
  /** As it was given, in any form of libpq's. */
  readonly databaseUri: string
  /** The same as an address, with what libpq's variables say. */
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
  readonly poolTimeoutSeconds: number
  readonly preRequest: Name | undefined
  readonly preConfig: Name | undefined
  /** A function that answers at the root. */
  readonly rootFunction: Name | undefined
  readonly aggregates: boolean
  readonly plans: boolean
  readonly end: { readonly rollback: boolean; readonly override: boolean }
  /** Whether settings of the authenticator role (`pgrst.…`) count. */
  readonly readsDatabase: boolean
  /** Settings of functions that hold for the whole transaction. */
  readonly hoisted: readonly string[]
  readonly channel: string
  readonly listens: boolean
  readonly openApi: 'follow-privileges' | 'ignore-privileges' | 'disabled'
  readonly openApiProxy: string | undefined
  readonly openApiSecurity: boolean
  /** Origins that browsers may call from; undefined: all. */
  readonly origins: readonly string[] | undefined
  readonly host: string
  readonly port: number
  /** A request header that is sent back. */
  readonly traceHeader: string | undefined
  readonly timing: boolean
  readonly adminPort: number | undefined
  /** Whether the admin port shows these settings, secrets among them. */
  readonly showsConfig: boolean
  readonly appSettings: readonly (readonly [name: string, value: string])[]
  /** Settings of PostgREST's own machinery, by their names: they are read and shown, and change nothing here. */
  readonly machinery: ReadonlyMap<string, string | number | boolean>
}

type Env = ServiceContext['env']

/** Settings in the database, by their names without `pgrst.`: `db_max_rows`. */
export type DatabaseSettings = ReadonlyMap<string, string>

/** What may be set in the database. */
export const databaseSettingNames: readonly string[] = [
  'db_aggregates_enabled',
  'db_anon_role',
  'db_extra_search_path',
  'db_hoisted_tx_settings',
  'db_max_rows',
  'db_plan_enabled',
  'db_pre_config',
  'db_pre_request',
  'db_prepared_statements',
  'db_root_spec',
  'db_schemas',
  'db_tx_end',
  'jwt_aud',
  'jwt_cache_max_lifetime',
  'jwt_role_claim_key',
  'jwt_secret',
  'jwt_secret_is_base64',
  'openapi_mode',
  'openapi_security_active',
  'openapi_server_proxy_uri',
  'server_cors_allowed_origins',
  'server_timing_enabled',
  'server_trace_header',
]

const none: DatabaseSettings = new Map()
const defaultHoisted = 'statement_timeout,plan_filter.statement_cost_limit,default_transaction_isolation'

/** Reads the variables of `postgrest/postgrest`; what is set in the database goes before them. Throws a user error that names the variable and the rule. */
export function readSettings(given: Env, inDatabase: DatabaseSettings = none): RestSettings {
  const env = withFile(given)
  const read = new Reader(env, inDatabase)
  const databaseUri = uriOf(read, env)
  const schemas = read.list('db-schemas', 'db-schema')
  const extraSearchPath = read.list('db-extra-search-path')
  const tx = read.choice(
    'db-tx-end',
    ['commit', 'commit-allow-override', 'rollback', 'rollback-allow-override'],
    'commit',
  )
  return Object.freeze({
    databaseUri,
    databaseUrl: databaseUrl(databaseUri, env),
    schemas: schemas.length > 0 ? schemas : ['public'],
    extraSearchPath: extraSearchPath.length > 0 ? extraSearchPath : ['public'],
    anonRole: read.text('db-anon-role'),
    jwtSecret: jwtSecretOf(read),
    jwtSecretIsBase64: isBase64(read),
    jwtAudience: read.text('jwt-aud'),
    jwtRoleClaim: roleClaimOf(read),
    maxRows: read.count('db-max-rows', 'max-rows'),
    poolSize: Math.max(1, Math.min(read.count('db-pool') ?? 10, 20)),
    poolTimeoutSeconds: read.count('db-pool-acquisition-timeout') ?? 10,
    preRequest: read.name('db-pre-request', 'pre-request'),
    preConfig: read.name('db-pre-config'),
    rootFunction: read.name('db-root-spec', 'root-spec'),
    aggregates: read.flag('db-aggregates-enabled', false),
    plans: read.flag('db-plan-enabled', false),
    end: { rollback: tx.startsWith('rollback'), override: tx.endsWith('-allow-override') },
    readsDatabase: read.flag('db-config', true),
    hoisted: splitList(read.text('db-hoisted-tx-settings') ?? defaultHoisted),
    channel: read.text('db-channel') ?? 'pgrst',
    listens: read.flag('db-channel-enabled', true),
    openApi: read.choice(
      'openapi-mode',
      ['follow-privileges', 'ignore-privileges', 'disabled'],
      'follow-privileges',
    ),
    openApiProxy: proxyOf(read),
    openApiSecurity: read.flag('openapi-security-active', false),
    origins: read.text('server-cors-allowed-origins') ? read.list('server-cors-allowed-origins') : undefined,
    host: read.text('server-host') ?? '!4',
    port: read.count('server-port') ?? 3000,
    traceHeader: read.headerName('server-trace-header'),
    timing: read.flag('server-timing-enabled', false),
    adminPort: read.count('admin-server-port'),
    showsConfig: read.flag('admin-server-config-enabled', false),
    appSettings: appSettingsOf(env),
    machinery: machineryOf(read),
  } satisfies RestSettings)
}

/** Reads single settings by their names in PostgREST's configuration: `db-max-rows` is PGRST_DB_MAX_ROWS, and `db_max_rows` in the database. */
class Reader {
  readonly #env: Env
  readonly #inDatabase: DatabaseSettings

  constructor(env: Env, inDatabase: DatabaseSettings) {
    this.#env = env
    this.#inDatabase = inDatabase
  }

  /** Empty counts as not set. */
  text(name: string, alias?: string): string | undefined {
    const own = this.#inDatabase.get(keyOf(name)) ?? this.#env[variableOf(name)]
    return own || (alias === undefined ? undefined : this.text(alias))
  }

  /** What the database says without sense counts as not said; a variable can be put right before anything runs. */
  #senseless(name: string, rule: string): undefined {
    if (this.#inDatabase.has(keyOf(name))) return undefined
    throw refuse(name, rule)
  }

  list(name: string, alias?: string): readonly string[] {
    return splitList(this.text(name, alias))
  }

  /** Numbers are true above 0; quotes and spaces do not matter. */
  flag(name: string, otherwise: boolean, alias?: string): boolean {
    const text = this.text(name, alias)
    if (text === undefined) return otherwise
    const word = text.replace(/[^A-Za-z]/g, '').toLowerCase()
    if (['true', 'yes', 'on'].includes(word)) return true
    if (['false', 'no', 'off'].includes(word)) return false
    if (/^-?\d+$/.test(text.trim())) return Number(text) > 0
    return this.#senseless(name, `must be true or false, not "${text}"`) ?? otherwise
  }

  count(name: string, alias?: string): number | undefined {
    const text = this.text(name, alias)?.trim()
    if (text === undefined) return undefined
    if (!/^\d{1,9}$/.test(text)) return this.#senseless(name, `must be a number, not "${text}"`)
    return Number(text)
  }

  choice<T extends string>(name: string, known: readonly T[], otherwise: T): T {
    const text = this.text(name)
    if (text === undefined) return otherwise
    const found = known.find(one => one === text)
    if (!found) throw refuse(name, `must be one of ${known.join(', ')}, not "${text}"`)
    return found
  }

  headerName(name: string): string | undefined {
    const text = this.text(name)
    if (text === undefined || isHeaderName(text)) return text
    return this.#senseless(name, `must be the name of a header, not "${text}"`)
  }

  name(name: string, alias?: string): Name | undefined {
    const text = this.text(name, alias)
    if (text === undefined) return undefined
    const at = text.indexOf('.')
    return at < 0 ? { schema: '', name: text } : { schema: text.slice(0, at), name: text.slice(at + 1) }
  }
}

/** libpq's own variables may name the database alone. */
function uriOf(read: Reader, env: Env): string {
  const text = read.text('db-uri')
  if (text !== undefined) return contentOf('db-uri', text).trim()
  if (namesDatabase(env)) return 'postgresql://'
  throw refuse('db-uri', 'is not set, nor is PGHOST, PGDATABASE or another variable of libpq')
}

function jwtSecretOf(read: Reader): string | undefined {
  const text = read.text('jwt-secret')
  if (text === undefined) return undefined
  const secret = contentOf('jwt-secret', text)
  const bytes = Buffer.from(secret, isBase64(read) ? 'base64' : 'utf8')
  if (bytes.toString().trimStart().startsWith('{')) {
    try {
      JSON.parse(bytes.toString())
    } catch {
      throw refuse('jwt-secret', 'looks like a JWK, but is not valid JSON')
    }
  } else if (bytes.length < 32) throw refuse('jwt-secret', 'must be at least 32 characters long')
  return secret
}

function isBase64(read: Reader): boolean {
  return read.flag('jwt-secret-is-base64', false, 'secret-is-base64')
}

function machineryOf(read: Reader): RestSettings['machinery'] {
  const mode = read.text('server-unix-socket-mode') ?? '660'
  if (!/^[67][0-7]{2}$/.test(mode))
    throw refuse('server-unix-socket-mode', `must be an octal number between 600 and 777, not "${mode}"`)
  return new Map<string, string | number | boolean>([
    ['db-pool-max-lifetime', read.count('db-pool-max-lifetime') ?? 1800],
    ['db-pool-max-idletime', read.count('db-pool-timeout', 'db-pool-max-idletime') ?? 30],
    ['db-pool-automatic-recovery', read.flag('db-pool-automatic-recovery', true)],
    ['db-prepared-statements', read.flag('db-prepared-statements', true)],
    ['jwt-cache-max-lifetime', read.count('jwt-cache-max-lifetime') ?? 0],
    ['log-level', read.choice('log-level', logLevels, 'error')],
    ['server-unix-socket', read.text('server-unix-socket') ?? ''],
    ['server-unix-socket-mode', mode],
  ])
}

/** `@path` stands for what is in that file. */
function contentOf(name: string, text: string): string {
  if (!text.startsWith('@')) return text
  try {
    return readFileSync(text.slice(1), 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw refuse(name, `names a file that cannot be read: ${messageOf(error)}`)
  }
}

function roleClaimOf(read: Reader): string {
  const path = read.text('jwt-role-claim-key', 'role-claim-key') ?? '.role'
  try {
    readClaimPath(path)
    return path
  } catch (error) {
    throw refuse('jwt-role-claim-key', `is not a path: ${messageOf(error)}`)
  }
}

function proxyOf(read: Reader): string | undefined {
  const text = read.text('openapi-server-proxy-uri')
  if (text === undefined) return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isGood = url && /^https?:$/.test(url.protocol) && url.search === '' && url.username === ''
  if (!isGood)
    throw refuse('openapi-server-proxy-uri', 'must be an absolute http or https address without query')
  return text
}

function appSettingsOf(env: Env): RestSettings['appSettings'] {
  const start = 'PGRST_APP_SETTINGS_'
  return Object.entries(env).flatMap(([name, text]) =>
    name.startsWith(start) && text !== undefined
      ? [[`app.settings.${name.slice(start.length)}`, text] as const]
      : [],
  )
}

function splitList(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map(part => part.trim().replace(/^"(.*)"$/, '$1'))
    .filter(Boolean)
}

/** As it is called in the database. */
function keyOf(name: string): string {
  return name.replaceAll('-', '_')
}

function variableOf(name: string): string {
  return `PGRST_${name.replaceAll('-', '_').toUpperCase()}`
}

function refuse(name: string, rule: string): HangarError {
  return new HangarError(`${variableOf(name)} ${rule}`, { code: 'HGR_REST_SETTING', status: 422 })
}
