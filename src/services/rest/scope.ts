import type { IncomingMessage } from 'node:http'
import type { RestSettings } from './settings.ts'
import { ident, literal } from './sql/quote.ts'
import type { Caller } from './tokens.ts'

/** Statements that make a transaction act for the caller; policies and functions read these settings. */
export function scopeSql(
  settings: RestSettings,
  caller: Caller,
  request: IncomingMessage,
  schema: string,
  path: string,
): string {
  const { cookie, ...headers } = request.headers
  const values: Record<string, string> = {
    search_path: [schema, ...settings.extraSearchPath].map(ident).join(', '),
    role: caller.role,
    'request.jwt.claims': JSON.stringify(caller.claims),
    'request.method': request.method ?? 'GET',
    'request.path': path,
    'request.headers': JSON.stringify(headers),
    'request.cookies': JSON.stringify(cookiesOf(cookie)),
  }
  const calls = Object.entries(values).map(
    ([name, value]) => `set_config('${name}', ${literal(value)}, true)`,
  )
  const pre =
    settings.preRequest === undefined
      ? ''
      : `;select ${settings.preRequest.split('.').map(ident).join('.')}()`
  return `select ${calls.join(', ')}${pre}`
}

function cookiesOf(header: string | undefined): Record<string, string> {
  return Object.fromEntries(
    (header ?? '').split(';').flatMap(part => {
      const at = part.indexOf('=')
      return at < 0 ? [] : [[part.slice(0, at).trim(), part.slice(at + 1).trim()]]
    }),
  )
}
