import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import { type Clock, codeOf, type Log, messageOf } from '#kernel'
import { answerHeaders, requestHeaders } from './headers.ts'
import { isRefused, Patience } from './patience.ts'
import type { Passage } from './plugins/plugin.ts'
import { invalid, refuse, timedOut, unavailable } from './refusal.ts'
import type { Route } from './router.ts'
import type { Underway } from './underway.ts'
import type { Upstreams } from './upstream.ts'

export interface ForwardParts {
  readonly upstreams: Upstreams
  readonly underway: Underway
  readonly clock: Clock
  readonly log: Log
}

/** A request that has passed the plugins. */
export interface Passed {
  readonly route: Route
  readonly passage: Passage
  /** Path upstream. */
  readonly path: string
}

/** May be sent twice without doing anything twice. */
const repeatable = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])

/** Streams the request to the service and its answer back; a side that cannot keep up stops the other. */
export function forward(
  incoming: IncomingMessage,
  response: ServerResponse,
  { route, passage, path }: Passed,
  { upstreams, underway, clock, log }: ForwardParts,
): void {
  const patience = new Patience(clock)
  const hasBody =
    incoming.headers['transfer-encoding'] !== undefined || Number(incoming.headers['content-length'] ?? 0) > 0
  const wanted = {
    method: incoming.method ?? 'GET',
    path: passage.query === '' ? path : `${path}?${passage.query}`,
    headers: requestHeaders(incoming, passage, route),
  }
  let outgoing: ClientRequest | undefined
  response.once('close', () => {
    if (!response.writableFinished) outgoing?.destroy()
  })
  attempt()

  function attempt(): void {
    if (response.destroyed) return
    if (underway.closing) return refuse(response, unavailable)
    try {
      send()
    } catch (error) {
      fail(error)
    }
  }

  function send(): void {
    const current = upstreams.open(route.upstream, wanted)
    outgoing = current
    let answer: IncomingMessage | undefined
    let isTimedOut = false
    current.on('response', received => {
      answer = received
      relay(received, current)
    })
    current.on('information', info => {
      if (info.statusCode === 103) response.writeEarlyHints(info.headers as Record<string, string>)
    })
    current.on('timeout', () => {
      // A client that reads slowly is no service that is silent.
      if (response.writableNeedDrain) return
      isTimedOut = true
      current.destroy(new Error('it did not answer in time'))
    })
    current.on('error', error => {
      // An answer that has begun tells by itself how it ended.
      if (answer || response.destroyed) return
      const stale = current.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(codeOf(error) ?? '')
      if (stale && !hasBody && repeatable.has(wanted.method)) setImmediate(attempt)
      else if (!patience.allows(error, attempt)) fail(error, isTimedOut)
    })
    if (!hasBody) current.end()
    else {
      // The body leaves only once there is a connection, so that it can still go elsewhere before.
      current.flushHeaders()
      current.once('socket', socket => {
        const pass = () => incoming.pipe(current)
        if (socket.connecting) socket.once('connect', pass)
        else pass()
      })
    }
  }

  function relay(answer: IncomingMessage, from: ClientRequest): void {
    answer.on('error', () => response.destroy())
    try {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', answerHeaders(answer, passage))
    } catch (error) {
      from.destroy()
      return fail(error)
    }
    answer.pipe(response)
    response.once('finish', () => {
      if (incoming.complete) return
      // Answered before all was read: the rest is read and dropped, or the connection could not be used again.
      incoming.unpipe(from)
      incoming.resume()
      from.destroy()
    })
  }

  function fail(error: unknown, isTimedOut = false): void {
    const { host, port } = route.upstream
    log.warn({ upstream: `${host}:${port}`, reason: messageOf(error) }, 'upstream failed')
    if (response.headersSent) response.destroy()
    else refuse(response, isTimedOut ? timedOut : isRefused(error) ? unavailable : invalid)
  }
}
