import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import { type Clock, codeOf, type Log, messageOf } from '#kernel'
import { answerHeaders, requestHeaders } from './headers.ts'
import { isUnreachable, Patience } from './patience.ts'
import type { Passage } from './plugins/plugin.ts'
import { invalid, refuse, timedOut, tooLarge, unavailable } from './refusal.ts'
import type { Route } from './router.ts'
import { latencyHeaders, type Trace } from './trace.ts'
import type { Underway } from './underway.ts'
import type { Upstreams } from './upstream.ts'

export interface ForwardParts {
  readonly upstreams: Upstreams
  readonly underway: Underway
  readonly clock: Clock
  readonly log: Log
  /** May answers tell who passed them on, and how long that took? */
  readonly announces: boolean
}

/** A request that has passed the plugins. */
export interface Passed {
  readonly route: Route
  /** The part of the path that the route is about. */
  readonly taken: string
  readonly passage: Passage
  /** Does the request come from a proxy whose word counts? */
  readonly isTrusted: boolean
  /** Path upstream. */
  readonly path: string
}

/** May be sent twice without doing anything twice. */
const repeatable = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])

/** Streams the request to the service and its answer back; a side that cannot keep up stops the other. */
export function forward(
  incoming: IncomingMessage,
  response: ServerResponse,
  passed: Passed,
  { upstreams, underway, clock, log, announces }: ForwardParts,
  trace: Trace,
): void {
  const { route, passage, path } = passed
  const { service, targets } = route
  const patience = new Patience(clock, Math.min(service.retries, targets.count - 1))
  let target = targets.next()
  const hasBody =
    incoming.headers['transfer-encoding'] !== undefined || Number(incoming.headers['content-length'] ?? 0) > 0
  const uri = passage.query === '' ? path : `${path}?${passage.query}`
  const wanted = { method: passage.method, path: uri, headers: requestHeaders(incoming, passed, target) }
  trace.uri = uri
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

  function elsewhere(): void {
    target = targets.next()
    attempt()
  }

  function send(): void {
    trace.sentMs = clock.monotonic()
    const current = upstreams.open(service, target, wanted)
    outgoing = current
    let answer: IncomingMessage | undefined
    let isTimedOut = false
    current.on('response', received => {
      answer = received
      trace.answeredMs = clock.monotonic()
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
      else if (!patience.allows(error, elsewhere)) fail(error, isTimedOut || codeOf(error) === 'ETIMEDOUT')
    })
    if (!hasBody) current.end()
    else {
      // The body leaves only once there is a connection, so that it can still go elsewhere before.
      current.flushHeaders()
      current.once('socket', socket => {
        const pass = () => passBody(current)
        if (socket.connecting) socket.once('connect', pass)
        else pass()
      })
    }
  }

  /** Counts what comes where a plugin set a limit: nobody knows a chunked body's size before its end. */
  function passBody(to: ClientRequest): void {
    const { bodyLimitBytes } = passage
    if (bodyLimitBytes !== undefined) {
      let seen = 0
      incoming.on('data', (part: Buffer) => {
        seen += part.length
        if (seen <= bodyLimitBytes || response.headersSent) return
        incoming.unpipe(to)
        to.destroy()
        refuse(response, { ...tooLarge, headers: { connection: 'close' } })
      })
    }
    incoming.pipe(to)
  }

  function relay(answer: IncomingMessage, from: ClientRequest): void {
    answer.on('error', () => response.destroy())
    try {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', {
        ...answerHeaders(answer, passage, announces),
        ...(announces ? latencyHeaders(trace) : {}),
      })
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
    const { host, port } = target
    log.warn({ upstream: `${host}:${port}`, reason: messageOf(error) }, 'upstream failed')
    if (response.headersSent) response.destroy()
    else refuse(response, isTimedOut ? timedOut : isUnreachable(error) ? unavailable : invalid)
  }
}
