import type { IncomingMessage } from 'node:http'
import type { Caller } from '../identity/tokens.ts'
import type { RestSettings } from '../settings.ts'
import { named } from '../sql/fields.ts'
import { join, render, type Statement, sql, value } from '../sql/sql.ts'

export interface ScopeRequest {
  readonly request: IncomingMessage
  readonly caller: Caller
  readonly schemaName: string
  readonly path: string
  readonly timezone: string | undefined
  /** What `alter role` says of the caller's role. */
  readonly roleSettings: readonly (readonly [string, string])[]
  /** What a function that is called says of itself. */
  readonly functionSettings: readonly (readonly [string, string])[]
}

/** Statements that make a transaction act for the caller; policies and functions read these settings. */
export function scopeStatements(settings: RestSettings, scope: ScopeRequest): readonly Statement[] {
  const { request, caller, schemaName, path, timezone } = scope
  const { cookie, ...headers } = request.headers
  const values: readonly (readonly [string, string])[] = [
    ['search_path', [schemaName, ...settings.extraSearchPath].map(quoted).join(', ')],
    // Before the role: what only the login may set, the caller's role may not.
    ...scope.roleSettings,
    ['role', caller.role],
    ['request.jwt.claims', JSON.stringify(caller.claims)],
    ['request.method', request.method ?? 'GET'],
    ['request.path', path],
    ['request.headers', JSON.stringify(headers)],
    ['request.cookies', JSON.stringify(cookiesOf(cookie))],
    ...(timezone === undefined ? [] : [['timezone', timezone] as const]),
    ...scope.functionSettings.filter(([name]) => settings.hoisted.includes(name)),
    ...settings.appSettings,
  ]
  const calls = values.map(([name, text]) => sql`set_config(${value(name)}, ${value(text)}, true)`)
  const { preRequest } = settings
  return [
    render(sql`select ${join(calls, ', ')}`),
    ...(preRequest ? [render(sql`select ${named(preRequest)}()`)] : []),
  ]
}

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
