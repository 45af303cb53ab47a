import type { IncomingMessage } from 'node:http'
import type { Caller } from '../identity/tokens.ts'
import type { RestSettings } from '../settings.ts'
import { ident, join, render, type Statement, sql, value } from '../sql/sql.ts'

export interface ScopeRequest {
  readonly request: IncomingMessage
  readonly caller: Caller
  readonly schemaName: string
  readonly path: string
  readonly timezone: string | undefined
}

/** Statements that make a transaction act for the caller; policies and functions read these settings. */
export function scopeStatements(settings: RestSettings, scope: ScopeRequest): readonly Statement[] {
  const { request, caller, schemaName, path, timezone } = scope
  const { cookie, ...headers } = request.headers
  const values: Record<string, string> = {
    search_path: [schemaName, ...settings.extraSearchPath].map(quoted).join(', '),
    role: caller.role,
    'request.jwt.claims': JSON.stringify(caller.claims),
    'request.method': request.method ?? 'GET',
    'request.path': path,
    'request.headers': JSON.stringify(headers),
    'request.cookies': JSON.stringify(cookiesOf(cookie)),
    ...(timezone === undefined ? {} : { timezone }),
  }
  const calls = Object.entries(values).map(
    ([name, text]) => sql`set_config(${value(name)}, ${value(text)}, true)`,
  )
  const { preRequest } = settings
  return [
    roleSettings(caller.role),
    render(sql`select ${join(calls, ', ')}`),
    ...(preRequest === undefined
      ? []
      : [render(sql`select ${join(preRequest.split('.').map(ident), '.')}()`)]),
  ]
}

/** What `alter role … set …` says of the role, above all how long its statements may take: PostgreSQL heeds that at a login only. */
function roleSettings(role: string): Statement {
  return { text: roleSettingsSql, values: [role] }
}

/** Settings that every role may change; others would fail. */
const settable = [
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'transaction_timeout',
  'work_mem',
  'timezone',
  'datestyle',
  'intervalstyle',
  'bytea_output',
  'extra_float_digits',
  'jit',
  'plan_cache_mode',
]

const roleSettingsSql = `
  select set_config(split_part(c, '=', 1), substr(c, strpos(c, '=') + 1), true)
  from pg_catalog.pg_db_role_setting s, unnest(s.setconfig) c
  where s.setrole = (select oid from pg_catalog.pg_roles where rolname = $1)
    and s.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
    and (lower(split_part(c, '=', 1)) = any('{${settable.join(',')}}') or c like 'app.%')
  order by s.setdatabase`

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function cookiesOf(header: string | undefined): Record<string, string> {
  return Object.fromEntries(
    (header ?? '').split(';').flatMap(part => {
      const at = part.indexOf('=')
      return at < 0 ? [] : [[part.slice(0, at).trim(), part.slice(at + 1).trim()]]
    }),
  )
}
