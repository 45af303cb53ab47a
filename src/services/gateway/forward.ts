import { type Agent, type ClientRequest, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Clock, codeOf, type Log, messageOf } from '#kernel'
import type { Passage } from './plugins/plugin.ts'
import { type Refusal, refuse, refuseUpgrade } from './refusal.ts'
import type { Route } from './router.ts'

export interface ForwardOptions {
  readonly agent: Agent
  readonly clock: Clock
  readonly log: Log
}

/** Concern one connection only. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'upgrade',
  'transfer-encoding',
])

/** A service that starts with us refuses connections at first. */
const patienceMs = 10_000
const unavailable: Refusal = { status: 503, message: 'The upstream server is currently unavailable' }
const invalid: Refusal = { status: 502, message: 'An invalid response was received from the upstream server' }

/** Streams the request to the service and its answer back; a side that cannot keep up stops the other. */
export function forward(
  incoming: IncomingMessage,
  response: ServerResponse,
  passage: Passage,
  route: Route,
  path: string,
  options: ForwardOptions,
): void {
  const until = options.clock.monotonic() + patienceMs
  let outgoing: ClientRequest
  const attempt = (waitMs: number) => {
    outgoing = request({ ...target(route, path, passage, incoming, {}), agent: options.agent })
    outgoing.on('response', answer => {
      response.writeHead(answer.statusCode ?? 502, answerHeaders(answer, passage))
      answer.pipe(response)
      answer.on('error', () => response.destroy())
    })
    outgoing.on('information', info => {
      if (info.statusCode === 103) response.writeEarlyHints(info.headers as Record<string, string>)
    })
    outgoing.on('error', error => {
      if (response.destroyed) return
      const stale = outgoing.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(codeOf(error) ?? '')
      const again = (codeOf(error) === 'ECONNREFUSED' || stale) && !sent && options.clock.monotonic() < until
      if (again) {
        options.clock.after(stale ? 0 : waitMs, () => attempt(Math.min(waitMs * 2, 50)))
        return
      }
      options.log.warn(
        { upstream: `${route.upstream.host}:${route.upstream.port}`, reason: messageOf(error) },
        'upstream failed',
      )
      if (response.headersSent) response.destroy()
      else refuse(response, codeOf(error) === 'ECONNREFUSED' ? unavailable : invalid)
    })
    if (hasBody) {
      // The body leaves only once there is a connection, so that it can still go elsewhere before.
      outgoing.flushHeaders()
      outgoing.once('socket', socket => {
        const send = () => {
          sent = true
          incoming.pipe(outgoing)
        }
        if (socket.connecting) socket.once('connect', send)
        else send()
      })
    } else outgoing.end()
  }
  const hasBody =
    incoming.headers['transfer-encoding'] !== undefined || Number(incoming.headers['content-length'] ?? 0) > 0
  let sent = false
  response.on('close', () => {
    if (!response.writableFinished) outgoing.destroy()
  })
  attempt(2)
}

/** Joins an upgraded connection with the service's, when the service agrees to it. */
export function forwardUpgrade(
  incoming: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  passage: Passage,
  route: Route,
  path: string,
): void {
  const extra = { connection: 'upgrade', upgrade: incoming.headers.upgrade ?? '' }
  const outgoing = request({ ...target(route, path, passage, incoming, extra), agent: false })
  outgoing.on('upgrade', (answer, upstream, first) => {
    const lines = rawPairs(answer).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`)
    if (first.length > 0) socket.write(first)
    if (head.length > 0) upstream.write(head)
    socket.pipe(upstream).pipe(socket)
    const end = () => {
      socket.destroy()
      upstream.destroy()
    }
    for (const side of [socket, upstream]) side.on('error', end).on('close', end)
  })
  outgoing.on('response', answer => {
    const lines = rawPairs(answer)
      .filter(([name]) => !hopByHop.has(name.toLowerCase()))
      .map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(
      `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${lines.join('')}connection: close\r\n\r\n`,
    )
    answer.pipe(socket)
  })
  outgoing.on('error', () => refuseUpgrade(socket, unavailable))
  socket.on('error', () => outgoing.destroy())
  outgoing.end()
}

function target(
  { upstream, preserveHost, prefix, stripPath }: Route,
  path: string,
  passage: Passage,
  incoming: IncomingMessage,
  extra: Record<string, string>,
) {
  const headers: Record<string, string | string[]> = {}
  const named = (incoming.headers.connection ?? '').toLowerCase().split(/\s*,\s*/)
  for (const [name, value] of Object.entries(passage.headers))
    if (value !== undefined && !hopByHop.has(name) && !named.includes(name)) headers[name] = value
  if (incoming.headers['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked'
  const host = incoming.headers.host ?? ''
  const [, port] = /:(\d+)$/.exec(host) ?? []
  const proto = String(passage.headers['x-forwarded-proto'] ?? 'http')
  if (!preserveHost) headers['host'] = `${upstream.host}:${upstream.port}`
  headers['x-forwarded-for'] = passage.headers['x-forwarded-for'] ?? passage.clientIp
  headers['x-forwarded-proto'] = proto
  headers['x-forwarded-host'] = host
  headers['x-forwarded-port'] = port ?? String(passage.headers['x-forwarded-port'] ?? 80)
  headers['x-forwarded-path'] = incoming.url ?? '/'
  if (stripPath) headers['x-forwarded-prefix'] = prefix
  for (const [name, value] of passage.upstream) {
    if (value === null) delete headers[name]
    else headers[name] = value
  }
  return {
    host: upstream.host,
    port: upstream.port,
    method: incoming.method ?? 'GET',
    path: passage.query === '' ? path : `${path}?${passage.query}`,
    headers: { ...headers, ...extra },
  }
}

/** What the service said, without what concerns its connection, and what plugins put over it. */
function answerHeaders(answer: IncomingMessage, passage: Passage): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(answer.headers))
    if (value !== undefined && !hopByHop.has(name)) headers[name] = value
  for (const [name, value] of passage.answer) {
    const before = headers[name]
    headers[name] = name === 'vary' && before !== undefined ? `${before}, ${value}` : value
  }
  headers['via'] = `kong/hangar${answer.headers['via'] ? `, ${answer.headers['via']}` : ''}`
  return headers
}

function rawPairs({ rawHeaders }: IncomingMessage): [string, string][] {
  const pairs: [string, string][] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    pairs.push([rawHeaders[i] as string, rawHeaders[i + 1] as string])
  return pairs
}
