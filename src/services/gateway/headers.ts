import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Passed } from './forward.ts'
import type { Passage } from './plugins/plugin.ts'
import type { Route } from './router.ts'
import type { Target } from './targets.ts'

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
export function requestHeaders(
  incoming: IncomingMessage,
  { passage, route, taken, isTrusted }: Passed,
  target: Target,
): Headers {
  const headers = endToEnd(passage.headers)
  // The client has been told to go on already.
  delete headers['expect']
  const { preserve_host: preserveHost, strip_path: stripPath } = route.config
  if (!preserveHost) headers['host'] = hostOf(route, target)
  Object.assign(headers, origin(incoming, passage, isTrusted))
  if (stripPath && taken !== '' && headers['x-forwarded-prefix'] === undefined)
    headers['x-forwarded-prefix'] = taken
  for (const [name, value] of passage.upstream) {
    if (value === null) delete headers[name]
    else headers[name] = value
  }
  return headers
}

/** Where a request came from, as seen here; what a proxy that is trusted says counts more. */
function origin(incoming: IncomingMessage, passage: Passage, isTrusted: boolean): Headers {
  const said = passage.headers
  const host = incoming.headers.host ?? ''
  const [, port] = /:(\d+)$/.exec(host) ?? []
  const remote = incoming.socket.remoteAddress?.replace(/^::ffff:/, '') ?? ''
  const came = said['x-forwarded-for']
  const trusted = (name: string, own: string) =>
    isTrusted && said[name] !== undefined ? String(said[name]) : own
  const prefix = isTrusted ? said['x-forwarded-prefix'] : undefined
  return {
    'x-forwarded-for': came ? `${came}, ${remote}` : remote,
    'x-forwarded-proto': trusted('x-forwarded-proto', 'http'),
    'x-forwarded-host': trusted('x-forwarded-host', host),
    'x-forwarded-port': trusted('x-forwarded-port', port ?? '80'),
    'x-forwarded-path': trusted('x-forwarded-path', (incoming.url ?? '/').split('?')[0] ?? '/'),
    ...(prefix === undefined ? {} : { 'x-forwarded-prefix': String(prefix) }),
    'x-real-ip': passage.clientIp,
  }
}

function hostOf(route: Route, { host, port }: Target): string {
  const { secure } = route.service.address
  const name = host.includes(':') ? `[${host}]` : host
  return port === (secure ? 443 : 80) ? name : `${name}:${port}`
}

/** What the service said, without what concerns its connection, and what plugins put over it. */
export function answerHeaders(from: IncomingHttpHeaders, passage: Passage, announces: boolean): Headers {
  const headers = endToEnd(from)
  for (const [name, value] of passage.answer) {
    const before = headers[name]
    headers[name] = name === 'vary' && before !== undefined ? `${before}, ${value}` : value
  }
  if (announces) headers['via'] = `${from['via'] ? `${from['via']}, ` : ''}kong/hangar`
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
