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
    render(sql`select ${join(calls, ', ')}`),
    ...(preRequest === undefined
      ? []
      : [render(sql`select ${join(preRequest.split('.').map(ident), '.')}()`)]),
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
