import { type Clock, codeOf, type Log, messageOf } from '#kernel'
import {
  type AnswerOwner,
  AnswerReader,
  BadMessage,
  type ResponseHead,
  type Upstream,
  type UpstreamOwner,
  type UpstreamPool,
  type WireRequest,
  type WireResponse,
} from '#wire'
import { answerLines, requestHead } from './headers.ts'
import { isUnreachable, Patience } from './patience.ts'
import type { Passage } from './plugins/plugin.ts'
import { invalid, type Refusal, timedOut, tooLarge, unavailable } from './refusal.ts'
import { RequestBody, type RequestBodyOwner } from './request-body.ts'
import type { Route } from './router.ts'
import type { Target } from './targets.ts'
import { latencyLines, refuse, type Trace } from './trace.ts'
import type { Underway } from './underway.ts'

export interface ForwardParts {
  readonly pool: UpstreamPool
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

/** Streams a request to its service and the answer back; a side that cannot keep up stops the other. */
export class Forward implements UpstreamOwner, AnswerOwner, RequestBodyOwner {
  // Declared here and set in the constructor, in one go: one of these is made for every request.
  declare private readonly incoming: WireRequest
  declare private readonly response: WireResponse
  declare private readonly passed: Passed
  declare private readonly parts: ForwardParts
  declare private readonly trace: Trace
  declare private readonly body: RequestBody | undefined
  declare private target: Target
  declare private upstream: Upstream | undefined
  declare private answer: AnswerReader | undefined
  /** The first part of the answer waits until all that came with it is read: what came whole leaves whole, in one write. */
  declare private first: Buffer | undefined
  declare private hasStarted: boolean
  declare private mayRepeat: boolean
  declare private patience: Patience | undefined

  constructor(
    incoming: WireRequest,
    response: WireResponse,
    passed: Passed,
    parts: ForwardParts,
    trace: Trace,
  ) {
    const { passage, route, path } = passed
    const { hasBody } = incoming
    this.incoming = incoming
    this.response = response
    this.passed = passed
    this.parts = parts
    this.trace = trace
    this.body = hasBody ? new RequestBody(incoming, passage.bodyLimitBytes, this) : undefined
    this.target = route.targets.next()
    this.upstream = undefined
    this.answer = undefined
    this.first = undefined
    this.hasStarted = false
    this.mayRepeat = !hasBody && repeatable.has(passage.method)
    this.patience = undefined
    trace.uri = passage.query === '' ? path : `${path}?${passage.query}`
  }

  begin(): void {
    this.attempt(true)
  }

  /** The client's connection is gone, or all of the answer with it. */
  onClientClose(): void {
    this.detach()?.socket.destroy()
  }

  // The way to the service

  /** `kept`: a connection that has served before will do. */
  private attempt(kept: boolean): void {
    const { pool, underway, clock } = this.parts
    if (this.response.destroyed) return
    if (underway.closing) return this.refuse(unavailable)
    this.trace.sentMs = clock.monotonic()
    const upstream = kept ? pool.take(this.target.key) : undefined
    if (!upstream) void this.connect()
    else this.use(upstream)
  }

  private async connect(): Promise<void> {
    const { address, key } = this.target
    let upstream: Upstream
    try {
      upstream = await this.parts.pool.connect(address, key, this.passed.route.service.connect_timeout)
    } catch (error) {
      this.patience ??= new Patience(this.parts.clock, this.otherTargets())
      if (this.response.destroyed || this.patience.allows(error, () => this.elsewhere())) return
      return this.fail(error, isLate(error) ? timedOut : isUnreachable(error) ? unavailable : invalid)
    }
    this.use(upstream)
  }

  private otherTargets(): number {
    const { service, targets } = this.passed.route
    return Math.min(service.retries, targets.count - 1)
  }

  private elsewhere(): void {
    this.target = this.passed.route.targets.next()
    this.attempt(true)
  }

  private use(upstream: Upstream): void {
    const { incoming, passed, body, response } = this
    if (response.destroyed) return this.parts.pool.give(upstream)
    // Nothing has been sent yet: this costs no try.
    if (upstream.socket.destroyed) return this.attempt(false)
    let head: string
    try {
      head = requestHead(incoming, passed, this.target)
    } catch (error) {
      this.parts.pool.give(upstream)
      return this.fail(error, invalid)
    }
    const { service } = passed.route
    const { socket } = upstream
    this.upstream = upstream
    upstream.owner = this
    this.answer = new AnswerReader(passed.passage.method, this)
    limitSilence(upstream, body ? service.write_timeout : service.read_timeout)
    if (body) body.start(socket, head)
    else socket.write(head, 'latin1')
  }

  onBodyWhole(): void {
    if (this.upstream) limitSilence(this.upstream, this.passed.route.service.read_timeout)
  }

  /** Nobody knows the size of a body in chunks before its end. */
  onBodyTooLarge(): void {
    this.detach()?.socket.destroy()
    this.body?.stop()
    this.refuse({ ...tooLarge, headers: { connection: 'close' } })
  }

  // What the connection says

  onUpstreamData(chunk: Buffer): void {
    const { answer, response } = this
    // Cut by the gateway itself, and its close not heard of yet.
    if (!answer || response.destroyed) return this.onClientClose()
    try {
      answer.take(chunk)
    } catch (error) {
      this.detach()?.socket.destroy()
      return this.fail(error, invalid)
    }
    if (this.upstream && this.hasStarted) this.flush()
  }

  onUpstreamEnd(): void {
    if (this.response.destroyed || !this.answer?.end()) this.upstream?.socket.destroy()
  }

  onUpstreamClose(error: Error | undefined): void {
    this.upstream = undefined
    if (this.response.destroyed) return
    if (this.mayRepeat && !this.hasStarted) {
      // A kept connection may have been closed by the service while the request was on its way.
      this.mayRepeat = false
      return this.attempt(false)
    }
    this.fail(error ?? new Error('it closed the connection before its answer was whole'), invalid)
  }

  onUpstreamDrain(): void {
    this.body?.resume()
  }

  onUpstreamTimeout(): void {
    const { upstream, body } = this
    if (!upstream) return
    const { socket } = upstream
    const clientIsSlow = socket.isPaused() || (body && !body.whole && !socket.writableNeedDrain)
    // The service is not to blame: its time begins anew.
    if (clientIsSlow) return void socket.setTimeout(socket.timeout ?? 0)
    this.detach()?.socket.destroy()
    this.fail(new Error('nothing came within the time'), timedOut)
  }

  // The answer

  onInterimHead(head: ResponseHead): void {
    if (head.status !== 103) return
    const hints = head.fields.lines(name => name === 'link')
    if (hints !== '') this.response.hint(hints)
  }

  onAnswerHead(head: ResponseHead): void {
    const { trace, response, parts, passed } = this
    trace.answeredMs = parts.clock.monotonic()
    const { framing, fields } = head
    const lines = answerLines(head, passed.passage, parts.announces)
    trace.answerLines = parts.announces ? lines + latencyLines(trace) : lines
    response.begin({
      status: head.status,
      reason: head.reason,
      lines: trace.answerLines,
      bytes: framing.kind === 'length' ? framing.bytes : framing.kind === 'none' ? 0 : undefined,
      dated: fields.names.includes('date') || passed.passage.answer.has('date'),
    })
    this.hasStarted = true
  }

  onAnswerPart(part: Buffer): void {
    this.trace.answerBytes += part.length
    if (this.first) this.flush()
    this.first = part
  }

  onAnswerWhole(excess: boolean): void {
    const { response, body, first } = this
    const head = this.answer?.head as ResponseHead
    const isReusable =
      !excess && head.keepAlive && head.framing.kind !== 'until-close' && (!body || body.whole)
    const upstream = this.detach()
    if (upstream) {
      if (isReusable) {
        upstream.socket.resume()
        this.parts.pool.give(upstream)
      } else upstream.socket.destroy()
    }
    this.first = undefined
    response.end(first)
    // Answered before all was read: the rest is read and dropped, or the connection could not be used again.
    if (body && !body.whole) body.stop()
  }

  onSwitched(): void {
    throw new BadMessage('the service changes the protocol, and nobody asked for that')
  }

  /** What has come goes to the client; a head that comes alone goes alone. */
  private flush(): void {
    const { response, first } = this
    this.first = undefined
    if (!first) {
      if (this.trace.answerBytes === 0) response.flush()
      return
    }
    if (response.write(first)) return
    this.upstream?.socket.pause()
    response.onDrain ??= () => this.upstream?.socket.resume()
  }

  // Ends

  private detach(): Upstream | undefined {
    const { upstream } = this
    this.upstream = undefined
    if (upstream) upstream.owner = undefined
    return upstream
  }

  private fail(error: unknown, refusal: Refusal): void {
    this.parts.log.warn({ upstream: this.target.key, reason: messageOf(error) }, 'upstream failed')
    this.body?.stop()
    this.refuse(refusal)
  }

  /** Half an answer cannot be taken back: only closing tells the client that it is not whole. */
  private refuse(refusal: Refusal): void {
    const { response } = this
    if (response.destroyed || response.writableEnded) return
    if (this.hasStarted) response.destroy()
    else refuse(response, this.trace, refusal)
  }
}

function isLate(error: unknown): boolean {
  return codeOf(error) === 'ETIMEDOUT'
}

/** How long nothing may pass; told by onUpstreamTimeout. */
function limitSilence({ socket }: Upstream, timeoutMs: number): void {
  if (socket.timeout !== timeoutMs) socket.setTimeout(timeoutMs)
}
