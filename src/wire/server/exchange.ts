import type { Socket } from 'node:net'
import { BadMessage } from '../bad-message.ts'
import { type BodyReader, bodyReader, ChunkReader } from '../body.ts'
import type { RequestHead } from '../head.ts'
import type { Connection, Turn } from './connection.ts'
import { type BodySource, WireRequest } from './request.ts'
import { type AnswerSink, WireResponse } from './response.ts'
import type { WireService } from './service.ts'

/** The server that a request came in by. */
export interface ExchangeHost {
  readonly service: Pick<WireService, 'serve'>
  /** It ends: no request follows on a connection. */
  readonly closing: boolean
  /** Milliseconds that a client may send or take nothing while it is its turn. */
  readonly silenceMs: number
}

/** One request and its answer on a connection: gives the request its body, and lets the next one follow when both are through. */
export class Exchange implements Turn, BodySource, AnswerSink {
  // Declared here and set in the constructor, in one go: one of these is made for every request.
  declare readonly socket: Socket
  declare private readonly connection: Connection
  declare private readonly host: ExchangeHost
  declare private readonly request: WireRequest
  declare private readonly response: WireResponse
  declare private readonly body: BodyReader | undefined
  declare private readonly unwraps: boolean
  declare private unread: Buffer | undefined
  declare private invited: boolean
  declare private isSent: boolean
  declare private keepAlive: boolean
  declare private limited: boolean

  constructor(connection: Connection, head: RequestHead, remoteAddress: string, host: ExchangeHost) {
    this.socket = connection.socket
    this.connection = connection
    this.host = host
    this.request = new WireRequest(head, remoteAddress, this)
    this.response = new WireResponse(head, this)
    this.unwraps = head.framing.kind === 'chunked'
    this.body = this.unwraps
      ? new ChunkReader(part => this.request.arrived(part))
      : head.framing.kind === 'none'
        ? undefined
        : bodyReader(head.framing)
    this.unread = undefined
    this.invited = !head.expectContinue
    this.isSent = false
    this.keepAlive = false
    this.limited = false
  }

  begin(rest: Buffer | undefined): void {
    this.unread = rest && this.body ? this.read(this.body, rest) : rest
    this.host.service.serve(this.request, this.response)
  }

  onClientData(chunk: Buffer): Buffer | undefined {
    const { body } = this
    if (!body || body.done) return chunk
    try {
      const rest = this.read(body, chunk)
      if (!body.done) return undefined
      if (this.isSent) {
        this.settle(rest)
        return undefined
      }
      if (this.limited && this.socket.writableLength === 0) this.limit(false)
      return rest
    } catch (error) {
      this.fail(error)
      return undefined
    }
  }

  /** Whoever closes their side has gone, as far as anybody can tell: nothing of theirs needs to be done any more. */
  onClientEnd(): void {
    this.socket.destroy()
  }

  onClientDrain(): void {
    if (this.limited && (!this.body || this.body.done)) this.limit(false)
    this.response.onDrain?.()
  }

  onClientClose(): void {
    this.response.over(false)
    this.request.left()
  }

  // What the request's body needs

  invite(): void {
    if (!this.invited) {
      this.invited = true
      this.socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1')
    }
  }

  /** Whoever reads the body is slow: that is not the client's fault. */
  pause(): void {
    this.socket.pause()
    this.limit(false)
  }

  resume(): void {
    if (this.socket.isPaused()) this.socket.resume()
    if (this.body && !this.body.done) this.limit(true)
  }

  // What the answer needs

  /** Who was never told to send a body may send it or not: what follows could be either. */
  mayStay(): boolean {
    return !this.host.closing && (this.invited || !this.body || this.body.done)
  }

  full(): void {
    this.limit(true)
  }

  answered(keepAlive: boolean): void {
    this.keepAlive = keepAlive
    if (this.socket.writableLength === 0) return this.sent()
    // Until the system has all of it, the client may still miss some, and what comes next would only be heaped upon it.
    this.limit(true)
    this.socket.write('', error => error || this.sent())
  }

  // How it ends

  private sent(): void {
    const { body, keepAlive } = this
    this.isSent = true
    this.response.over(true)
    if (!body || body.done) this.settle(this.unread)
    else if (keepAlive) {
      this.limit(true)
      this.request.drop()
    } else this.connection.finished(false, undefined)
  }

  private read(body: BodyReader, chunk: Buffer): Buffer | undefined {
    const taken = body.take(chunk, 0)
    if (!this.unwraps && taken > 0)
      this.request.arrived(taken === chunk.length ? chunk : chunk.subarray(0, taken))
    if (body.done) this.request.ended()
    return taken < chunk.length ? chunk.subarray(taken) : undefined
  }

  private settle(rest: Buffer | undefined): void {
    if (this.limited) this.limit(false)
    this.connection.finished(this.keepAlive && !this.host.closing, rest)
  }

  /** The client sent what cannot be read, in the middle of a body. */
  private fail(error: unknown): void {
    const hasStarted = this.response.headersSent
    this.response.over(false)
    this.request.left()
    if (hasStarted) this.socket.destroy()
    else this.connection.refuse(error)
    // Not the client's fault.
    if (!(error instanceof BadMessage)) throw error
  }

  private limit(on: boolean): void {
    if (on === this.limited) return
    this.limited = on
    this.socket.setTimeout(on ? this.host.silenceMs : 0)
  }
}
