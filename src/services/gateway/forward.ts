import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Dispatcher } from 'undici'
import { type Clock, codeOf, type Log, messageOf } from '#kernel'
import { answerHeaders, requestHeaders } from './headers.ts'
import { isUnreachable, Patience } from './patience.ts'
import type { Passage } from './plugins/plugin.ts'
import { invalid, refuse, timedOut, tooLarge, unavailable } from './refusal.ts'
import { RequestBody } from './request-body.ts'
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
/** An answer up to this size is copied rather than written in two pieces. */
const smallBytes = 16 * 1024
const broken = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])
const late = new Set([
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
])

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
  let current: Dispatcher.DispatchController | undefined
  let body: RequestBody | null = null
  let secondTry = !hasBody && repeatable.has(wanted.method)
  response.once('close', () => {
    if (!response.writableFinished) current?.abort(new Error('the client left'))
  })
  attempt()

  function attempt(): void {
    if (response.destroyed) return
    if (underway.closing) return refuse(response, unavailable)
    trace.sentMs = clock.monotonic()
    body = hasBody ? new RequestBody(incoming, passage.bodyLimitBytes, refuseBody) : null
    try {
      upstreams.send(service, target, { ...wanted, body }, handler())
    } catch (error) {
      fail(error)
    }
  }

  function elsewhere(): void {
    target = targets.next()
    attempt()
  }

  /** One try: what it hears of the service goes to the client. */
  function handler(): Dispatcher.DispatchHandler {
    let isAnswered = false
    // The first part waits for the end of this turn: an answer that came whole leaves whole, in one write.
    let first: Buffer | undefined
    const onDrain = () => current?.resume()
    const pass = (part: Buffer, controller: Dispatcher.DispatchController) => {
      if (!response.write(part)) controller.pause()
    }
    const flush = () => {
      const part = first
      first = undefined
      if (part && current && !response.destroyed) pass(part, current)
    }
    return {
      onRequestStart(controller) {
        current = controller
        if (response.destroyed) controller.abort(new Error('the client left'))
      },
      onResponseStart(controller, status, headers, statusMessage) {
        if (status < 200) {
          if (status === 103) response.writeEarlyHints(headers as Record<string, string>)
          return
        }
        isAnswered = true
        trace.answeredMs = clock.monotonic()
        try {
          response.writeHead(status, statusMessage ?? '', {
            ...answerHeaders(headers, passage, announces),
            ...(announces ? latencyHeaders(trace) : {}),
          })
        } catch (error) {
          controller.abort(error as Error)
          return fail(error)
        }
        response.on('drain', onDrain)
      },
      onResponseData(controller, part) {
        if (response.headersSent || first) {
          flush()
          return pass(part, controller)
        }
        first = part
        process.nextTick(flush)
      },
      onResponseEnd() {
        response.off('drain', onDrain)
        // As text it goes out together with the head.
        if (first && first.length <= smallBytes) response.end(first.toString('latin1'), 'latin1')
        else response.end(first)
        first = undefined
        // Answered before all was read: the rest is read and dropped, or the connection could not be used again.
        body?.stop()
      },
      onResponseError(_controller, error) {
        if (response.destroyed || response.writableEnded) return
        if (isAnswered) return void response.destroy()
        if (secondTry && broken.has(codeOf(error) ?? '')) {
          // A kept connection may have been closed by the service while the request was on its way.
          secondTry = false
          return void setImmediate(attempt)
        }
        if (!patience.allows(error, elsewhere)) fail(error)
      },
    }
  }

  /** More came than a plugin allows; nobody knows a chunked body's size before its end. */
  function refuseBody(): void {
    if (!response.headersSent) refuse(response, { ...tooLarge, headers: { connection: 'close' } })
    body?.stop()
  }

  function fail(error: unknown): void {
    const { host, port } = target
    log.warn({ upstream: `${host}:${port}`, reason: messageOf(error) }, 'upstream failed')
    if (response.headersSent) response.destroy()
    else if (late.has(codeOf(error) ?? '')) refuse(response, timedOut)
    else refuse(response, isUnreachable(error) ? unavailable : invalid)
  }
}
