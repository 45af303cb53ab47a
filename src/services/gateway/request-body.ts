import type { Socket } from 'node:net'
import type { BodyOwner, WireRequest } from '#wire'

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
export class RequestBody implements BodyOwner {
  readonly #request: WireRequest
  readonly #limitBytes: number
  readonly #owner: RequestBodyOwner
  readonly #isChunked: boolean
  #socket: Socket | undefined
  #seen = 0
  /** All of it is on its way. */
  whole = false

  constructor(request: WireRequest, limitBytes: number | undefined, owner: RequestBodyOwner) {
    this.#request = request
    this.#limitBytes = limitBytes ?? Number.POSITIVE_INFINITY
    this.#owner = owner
    this.#isChunked = request.bytes === undefined
  }

  /** The head, and what has come of the body, in one write. */
  start(socket: Socket, head: string): void {
    const request = this.#request
    this.#socket = socket
    const first = request.take()
    if (first) this.#seen = first.length
    if (this.#seen > this.#limitBytes) return this.#owner.onBodyTooLarge()
    const isWhole = request.whole
    if (first) this.#write(head, first, isWhole)
    else socket.write(isWhole ? head + this.#end() : head, 'latin1')
    if (isWhole) return this.#finish()
    request.follow(this)
    if (socket.writableNeedDrain) request.pause()
  }

  /** The service takes more again. */
  resume(): void {
    if (this.#socket) this.#request.resume()
  }

  /** Nobody wants the rest. */
  stop(): void {
    this.#socket = undefined
    this.#request.drop()
  }

  onBodyPart(part: Buffer): void {
    this.#seen += part.length
    if (this.#seen > this.#limitBytes) return this.#owner.onBodyTooLarge()
    this.#write('', part, false)
    if (this.#socket?.writableNeedDrain) this.#request.pause()
  }

  onBodyEnd(): void {
    if (this.#isChunked) this.#socket?.write(this.#end(), 'latin1')
    this.#finish()
  }

  #finish(): void {
    this.whole = true
    this.#owner.onBodyWhole()
  }

  #write(head: string, part: Buffer, isWhole: boolean): void {
    const socket = this.#socket as Socket
    const before = this.#isChunked ? `${head}${part.length.toString(16)}\r\n` : head
    const after = this.#isChunked ? `\r\n${isWhole ? this.#end() : ''}` : ''
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
    return this.#isChunked ? '0\r\n\r\n' : ''
  }
}
