import type { Socket } from 'node:net'
import { codeOf, messageOf } from '#kernel'
import {
  type AnswerOwner,
  AnswerReader,
  type ResponseHead,
  type Upstream,
  type UpstreamOwner,
  type WireRequest,
} from '#wire'
import type { ForwardParts, Passed } from './forward.ts'
import { requestHead, upgradeLines } from './headers.ts'
import { isUnreachable, Patience } from './patience.ts'
import { invalid, type Refusal, refuseUpgrade, timedOut, unavailable } from './refusal.ts'
import type { Target } from './targets.ts'

/** Joins an upgraded connection with the service's, when the service agrees to it. */
export class Upgrade implements UpstreamOwner, AnswerOwner {
  readonly #incoming: WireRequest
  readonly #client: Socket
  readonly #passed: Passed
  readonly #parts: ForwardParts
  readonly #patience: Patience
  readonly #answer: AnswerReader
  /** What the client has sent ahead. */
  readonly #ahead: Buffer
  #target: Target
  #upstream: Upstream | undefined
  #isJoined = false
  #isOver = false

  constructor(incoming: WireRequest, client: Socket, ahead: Buffer, passed: Passed, parts: ForwardParts) {
    const { service, targets } = passed.route
    this.#incoming = incoming
    this.#client = client
    this.#ahead = ahead
    this.#passed = passed
    this.#parts = parts
    this.#patience = new Patience(parts.clock, Math.min(service.retries, targets.count - 1))
    this.#answer = new AnswerReader(passed.passage.method, this)
    this.#target = targets.next()
  }

  begin(): void {
    this.#parts.underway.connection(this.#client)
    this.#client.on('error', () => this.#client.destroy())
    this.#client.on('close', () => {
      this.#isOver = true
      this.#upstream?.socket.destroy()
    })
    void this.#attempt()
  }

  async #attempt(): Promise<void> {
    const { address, key } = this.#target
    const { service } = this.#passed.route
    try {
      const head = requestHead(
        this.#incoming,
        this.#passed,
        this.#target,
        this.#incoming.headers.upgrade ?? '',
      )
      const upstream = await this.#parts.pool.connect(address, key, service.connect_timeout)
      if (this.#isOver) return void upstream.socket.destroy()
      this.#upstream = upstream
      upstream.owner = this
      upstream.socket.setTimeout(service.read_timeout)
      upstream.socket.write(head, 'latin1')
    } catch (error) {
      if (this.#isOver || this.#patience.allows(error, () => this.#elsewhere())) return
      const isLate = codeOf(error) === 'ETIMEDOUT'
      this.#fail(error, isLate ? timedOut : isUnreachable(error) ? unavailable : invalid)
    }
  }

  #elsewhere(): void {
    this.#target = this.#passed.route.targets.next()
    if (!this.#isOver) void this.#attempt()
  }

  onUpstreamData(chunk: Buffer): void {
    if (this.#isJoined) return this.#toClient(chunk)
    try {
      this.#answer.take(chunk)
    } catch (error) {
      this.#fail(error, invalid)
    }
  }

  onUpstreamEnd(): void {
    if (this.#isJoined) this.#client.end()
    else if (!this.#answer.end()) this.#upstream?.socket.destroy()
  }

  onUpstreamClose(error: Error | undefined): void {
    this.#upstream = undefined
    if (this.#isOver) return
    if (this.#isJoined) this.#client.destroy()
    else this.#fail(error ?? new Error('it closed the connection'), invalid)
  }

  onUpstreamDrain(): void {
    this.#client.resume()
  }

  onUpstreamTimeout(): void {
    this.#fail(new Error('nothing came within the time'), timedOut)
  }

  onInterimHead(): void {}

  onSwitched(head: ResponseHead, first: Buffer): void {
    const upstream = this.#upstream as Upstream
    const client = this.#client
    this.#isJoined = true
    upstream.joined()
    upstream.socket.setTimeout(0)
    client.write(`HTTP/1.1 101 Switching Protocols\r\n${upgradeLines(head, true)}\r\n`, 'latin1')
    if (first.length > 0) this.#toClient(first)
    if (this.#ahead.length > 0) upstream.socket.write(this.#ahead)
    client.on('data', (part: Buffer) => {
      if (!upstream.socket.write(part)) client.pause()
    })
    client.on('drain', () => upstream.socket.resume())
    client.on('end', () => upstream.socket.end())
    client.resume()
  }

  /** The service wants no upgrade: the client is told what it says, and then the connection ends. */
  onAnswerHead(head: ResponseHead): void {
    this.#client.write(
      `HTTP/1.1 ${head.status} ${head.reason}\r\n${upgradeLines(head, false)}connection: close\r\n\r\n`,
      'latin1',
    )
    this.#client.on('drain', () => this.#upstream?.socket.resume())
  }

  onAnswerPart(part: Buffer): void {
    this.#toClient(part)
  }

  onAnswerWhole(): void {
    this.#isOver = true
    this.#leave()
    this.#client.end()
  }

  #toClient(part: Buffer): void {
    if (!this.#client.write(part)) this.#upstream?.socket.pause()
  }

  #leave(): void {
    const upstream = this.#upstream
    this.#upstream = undefined
    if (!upstream) return
    upstream.owner = undefined
    upstream.socket.destroy()
  }

  #fail(error: unknown, refusal: Refusal): void {
    this.#isOver = true
    this.#leave()
    this.#parts.log.warn({ upstream: this.#target.key, reason: messageOf(error) }, 'upgrade failed')
    // Half an answer cannot be taken back.
    if (this.#answer.head) this.#client.destroy()
    else refuseUpgrade(this.#client, refusal)
  }
}
