import type { Socket } from 'node:net'
import { messageOf } from '#kernel'
import { BadMessage, parseRequestHead } from '#wire'
import type { EdgeContext, Entrance } from '../context.ts'
import { httpRefusal, refusals } from '../refusals.ts'
import { Exchange } from './exchange.ts'
import { requestId } from './request-id.ts'
import { connectionLines } from './rewrite.ts'

/** What a client may send ahead of its turn (pipelining) before it is no longer read. */
const aheadLimitBytes = 64 * 1024
/** An idle kept connection, and a head that does not come to its end, are given this long. */
const idleTimeoutMs = 75_000

/** One client's connection: reads requests one after the other and hands each to an exchange. */
export class ClientConnection {
  readonly socket: Socket
  readonly context: EdgeContext
  readonly entrance: Entrance
  readonly clientIp: string
  /** What machines are told about this connection. */
  readonly lines: string
  #pending: Buffer | undefined
  #exchange: Exchange | undefined
  #ended = false

  constructor(socket: Socket, context: EdgeContext, entrance: Entrance) {
    this.socket = socket
    this.context = context
    this.entrance = entrance
    this.clientIp = socket.remoteAddress?.replace(/^::ffff:/, '') ?? ''
    this.lines = connectionLines({
      clientIp: this.clientIp,
      port: entrance.port,
      tls: entrance.tls,
      region: context.region,
    })
    context.counters.open++
    socket.setNoDelay(true)
    socket.setTimeout(idleTimeoutMs)
    socket.on('timeout', () => {
      // A request under way may take as long as it likes.
      if (!this.#exchange) socket.destroy()
    })
    socket.on('data', chunk => this.#onData(chunk as Buffer))
    socket.on('end', () => this.#onEnd())
    socket.on('drain', () => this.#exchange?.onClientDrain())
    socket.on('error', () => {})
    socket.on('close', () => {
      context.counters.open--
      const exchange = this.#exchange
      this.#exchange = undefined
      exchange?.onClientClose()
    })
  }

  /** The exchange is over; `keepAlive` tells whether another may follow. `rest` is what came behind it. */
  finished(keepAlive: boolean, rest: Buffer | undefined): void {
    this.#exchange = undefined
    if (rest && rest.length > 0) this.#pending = this.#pending ? Buffer.concat([rest, this.#pending]) : rest
    if (!keepAlive) {
      this.close()
      return
    }
    if (this.socket.isPaused()) this.socket.resume()
    if (this.#pending) this.#next()
    else if (this.#ended) this.close()
  }

  /** Says the last word: what was written is sent, then the connection closes, whether the client reads it or not. */
  close(): void {
    if (this.socket.destroyed) return
    this.socket.end()
    this.socket.resume()
    this.context.clock.after(lingerMs, () => this.socket.destroy())
  }

  #onData(chunk: Buffer): void {
    const exchange = this.#exchange
    if (exchange) {
      const rest = exchange.onClientData(chunk)
      if (!rest) return
      chunk = rest
    }
    this.#pending = this.#pending ? Buffer.concat([this.#pending, chunk]) : chunk
    if (!this.#exchange) this.#next()
    else if (this.#pending.length > aheadLimitBytes) this.socket.pause()
  }

  #onEnd(): void {
    this.#ended = true
    if (this.#exchange) this.#exchange.onClientEnd()
    else this.close()
  }

  #next(): void {
    const buffer = this.#pending as Buffer
    if (this.socket.destroyed || this.socket.writableEnded) return
    try {
      const from = skipBlankLines(buffer)
      const head = parseRequestHead(buffer, from)
      if (!head) {
        if (from > 0) this.#pending = buffer.subarray(from)
        return
      }
      this.#pending = undefined
      this.#exchange = new Exchange(this, head)
      this.#exchange.begin(head.end < buffer.length ? buffer.subarray(head.end) : undefined)
    } catch (error) {
      this.refuse(error)
    }
  }

  /** Answers 400 and closes: after a message that cannot be read, nothing behind it can be either. */
  refuse(error: unknown): void {
    this.#exchange = undefined
    this.#pending = undefined
    this.context.counters.refused++
    if (!(error instanceof BadMessage))
      this.context.log.error({ reason: messageOf(error) }, 'edge: request failed')
    const why = error instanceof BadMessage ? error.message : 'it could not be processed'
    if (this.socket.writable)
      this.socket.write(httpRefusal(refusals.badRequest(why), { keepAlive: false, requestId: requestId() }))
    this.close()
  }
}

const lingerMs = 2_000

/** Blank lines before a request are forgiven (RFC 9112, 2.2), as long as they are whole. */
function skipBlankLines(buffer: Buffer): number {
  let at = 0
  while (buffer[at] === 13 && buffer[at + 1] === 10) at += 2
  return at
}
