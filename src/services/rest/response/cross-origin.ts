import type { WireRequest } from '#wire'
import type { Answer } from './answer.ts'

const exposed =
  'Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding, Range-Unit'

/** What a browser must read to let a page see the answer. `origins` undefined: pages from anywhere. */
export function crossOrigin(
  { method, headers }: WireRequest,
  origins: readonly string[] | undefined,
): Record<string, string> {
  const allowed = allowedOrigin(headers.origin, origins)
  return allowed === undefined || method === 'OPTIONS'
    ? {}
    : { ...allowed, 'access-control-expose-headers': exposed }
}

/** A browser asks before it sends a request to another origin. */
export function answerPreflight(
  { method, headers }: WireRequest,
  origins: readonly string[] | undefined,
): Answer | undefined {
  const wanted = headers['access-control-request-method']
  if (method !== 'OPTIONS' || wanted === undefined || !methods.includes(wanted)) return undefined
  const allowed = allowedOrigin(headers.origin, origins)
  if (allowed === undefined) return undefined
  const asked = headers['access-control-request-headers']
  return {
    status: 200,
    headers: {
      ...allowed,
      'access-control-allow-methods': methods.join(', '),
      ...(asked === undefined ? {} : { 'access-control-allow-headers': allowedHeaders(asked).join(', ') }),
      'access-control-max-age': '86400',
    },
    body: '',
  }
}

/** What was asked for, with what every request may carry. */
function allowedHeaders(asked: string): readonly string[] {
  const names = ['Authorization', ...asked.split(',').map(name => name.trim())].filter(Boolean)
  const known = new Set(names.map(name => name.toLowerCase()))
  return [...names, ...alwaysAllowed.filter(name => !known.has(name.toLowerCase()))]
}

const alwaysAllowed = ['Accept', 'Accept-Language', 'Content-Language']
const methods = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS', 'HEAD']

function allowedOrigin(
  origin: string | undefined,
  origins: readonly string[] | undefined,
): Record<string, string> | undefined {
  if (origin === undefined) return undefined
  if (origins === undefined) return { 'access-control-allow-origin': '*' }
  if (!origins.includes(origin)) return undefined
  return { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' }
}
