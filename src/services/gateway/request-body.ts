import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

/** Told what becomes of a body on its way. */
export interface RequestBodyOwner {
  /** All of it has been handed to the connection. */
  onBodyWhole(): void
  /** More came than the limit. Nothing more is passed on. */
  onBodyTooLarge(): void
}

/** A part up to this size is copied rather than written in two pieces. */
const smallBytes = 16 * 1024

/**
 * What a client sends, passed on to a service piece by piece, read only once there is a connection for it: until then the
 * request can still go elsewhere. A service that does not keep up stops the client.
 */
export class RequestBody {
  readonly #incoming: IncomingMessage
  readonly #limitBytes: number
  readonly #owner: RequestBodyOwner
  /** Bytes that were announced; undefined: it comes in chunks. */
  readonly #bytes: number | undefined
  #socket: Socket | undefined
  #seen = 0
  /** All of it is on its way. */
  whole = false

  constructor(incoming: IncomingMessage, limitBytes: number | undefined, owner: RequestBodyOwner) {
    this.#incoming = incoming
    this.#limitBytes = limitBytes ?? Number.POSITIVE_INFINITY
    this.#owner = owner
    const length = incoming.headers['content-length']
    this.#bytes =
      incoming.headers['transfer-encoding'] !== undefined || length === undefined ? undefined : Number(length)
  }

  /** The head, and what has come of the body, in one write. */
  start(socket: Socket, head: string): void {
    const incoming = this.#incoming
    this.#socket = socket
    const first = incoming.read() as Buffer | null
    if (first !== null) this.#seen = first.length
    if (this.#seen > this.#limitBytes) return this.#owner.onBodyTooLarge()
    const isWhole = this.#isWhole()
    if (first === null) socket.write(isWhole ? `${head}${this.#end()}` : head, 'latin1')
    else this.#write(head, first, isWhole)
    if (isWhole) return this.#finish()
    incoming.on('data', this.#onData).once('end', this.#onEnd)
    if (socket.writableNeedDrain) incoming.pause()
  }

  /** The service takes more again. */
  resume(): void {
    if (this.#socket) this.#incoming.resume()
  }

  /** Nobody wants the rest: it is read and dropped, so that the client's connection stays usable. */
  stop(): void {
    this.#socket = undefined
    this.#incoming.off('data', this.#onData).off('end', this.#onEnd)
    this.#incoming.resume()
  }

  #isWhole(): boolean {
    if (this.#bytes !== undefined) return this.#seen >= this.#bytes
    return this.#incoming.complete && this.#incoming.readableLength === 0
  }

  #finish(): void {
    this.whole = true
    this.#incoming.off('data', this.#onData).off('end', this.#onEnd)
    // Its end is heard only when it is asked for.
    this.#incoming.resume()
    this.#owner.onBodyWhole()
  }

  #write(head: string, part: Buffer, isWhole: boolean): void {
    const socket = this.#socket as Socket
    const chunked = this.#bytes === undefined
    const before = chunked ? `${head}${part.length.toString(16)}\r\n` : head
    const after = chunked ? `\r\n${isWhole ? this.#end() : ''}` : ''
    if (before === '' && after === '') socket.write(part)
    else if (part.length <= smallBytes) {
      const all = Buffer.allocUnsafe(before.length + part.length + after.length)
      all.write(before, 0, 'latin1')
      part.copy(all, before.length)
      all.write(after, before.length + part.length, 'latin1')
      socket.write(all)
    } else {
      socket.cork()
      socket.write(before, 'latin1')
      socket.write(part)
      if (after !== '') socket.write(after, 'latin1')
      socket.uncork()
    }
  }

  #end(): string {
    return this.#bytes === undefined ? '0\r\n\r\n' : ''
  }

  readonly #onData = (part: Buffer): void => {
    this.#seen += part.length
    if (this.#seen > this.#limitBytes) return this.#owner.onBodyTooLarge()
    const isWhole = this.#isWhole()
    this.#write('', part, isWhole)
    if (isWhole) this.#finish()
    else if (this.#socket?.writableNeedDrain) this.#incoming.pause()
  }

  readonly #onEnd = (): void => {
    if (this.whole) return
    this.#socket?.write(this.#end(), 'latin1')
    this.#finish()
  }
}
