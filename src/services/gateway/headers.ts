import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Passage } from './plugins/plugin.ts'
import type { Route } from './router.ts'

type Headers = Record<string, string | string[]>

/** Concern one connection only. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'upgrade',
  'transfer-encoding',
])

/** Headers of the request upstream: the client's, where it came from, and what plugins put over them. */
export function requestHeaders(incoming: IncomingMessage, passage: Passage, route: Route): Headers {
  const headers = endToEnd(passage.headers)
  // The client has been told to go on already.
  delete headers['expect']
  if (incoming.headers['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked'
  const host = incoming.headers.host ?? ''
  const [, port] = /:(\d+)$/.exec(host) ?? []
  const came = passage.headers['x-forwarded-for']
  if (!route.preserveHost) headers['host'] = `${route.upstream.host}:${route.upstream.port}`
  headers['x-forwarded-for'] = came ? `${came}, ${passage.clientIp}` : passage.clientIp
  headers['x-forwarded-proto'] = String(passage.headers['x-forwarded-proto'] ?? 'http')
  headers['x-forwarded-host'] = host
  headers['x-forwarded-port'] = port ?? String(passage.headers['x-forwarded-port'] ?? 80)
  headers['x-forwarded-path'] = incoming.url ?? '/'
  if (route.stripPath) headers['x-forwarded-prefix'] = route.prefix
  for (const [name, value] of passage.upstream) {
    if (value === null) delete headers[name]
    else headers[name] = value
  }
  return headers
}

/** What the service said, without what concerns its connection, and what plugins put over it. */
export function answerHeaders(answer: IncomingMessage, passage: Passage): Headers {
  const headers = endToEnd(answer.headers)
  for (const [name, value] of passage.answer) {
    const before = headers[name]
    headers[name] = name === 'vary' && before !== undefined ? `${before}, ${value}` : value
  }
  headers['via'] = `${answer.headers['via'] ? `${answer.headers['via']}, ` : ''}kong/hangar`
  return headers
}

/** The headers of an upgrade's answer as lines, each as it was written. `whole` keeps those of the connection. */
export function headerLines({ rawHeaders, headers }: IncomingMessage, whole: boolean): string {
  const dropped = whole ? new Set<string>() : named(headers)
  let lines = ''
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = String(rawHeaders[i]).toLowerCase()
    if (whole || !(hopByHop.has(name) || dropped.has(name)))
      lines += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`
  }
  return lines
}

function endToEnd(from: IncomingHttpHeaders): Headers {
  const headers: Headers = {}
  const dropped = named(from)
  for (const name in from) {
    const value = from[name]
    if (value !== undefined && !hopByHop.has(name) && !dropped.has(name)) headers[name] = value
  }
  return headers
}

const none: ReadonlySet<string> = new Set()

/** Headers that `Connection` declares to concern this connection only. */
function named({ connection }: IncomingHttpHeaders): ReadonlySet<string> {
  if (!connection || connection === 'keep-alive' || connection === 'close') return none
  return new Set(connection.toLowerCase().split(/\s*,\s*/))
}
