import type { Socket } from 'node:net'
import { attention } from '#kernel'
import { parseRequestHead, type RequestHead } from '../head.ts'
import type { IdleWatch } from './idle-watch.ts'

/** What a client may send ahead of its turn (pipelining) before it is no longer read. */
const aheadLimitBytes = 64 * 1024
const lingerMs = 2_000

/** One request under way on a connection. */
export interface Turn {
  /** `rest` is what came with the head. Throws BadMessage when it is no valid begin of the body: then nobody has seen anything. */
  begin(rest: Buffer | undefined): void
  /** Returns what does not belong to this request. */
  onClientData(chunk: Buffer): Buffer | undefined
  /** The client will send no more. */
  onClientEnd(): void
  onClientDrain(): void
  onClientClose(): void
}

export interface ConnectionOwner {
  open(head: RequestHead): Turn
  /** Words the refusal of what cannot be read; the connection closes by itself. */
  refuse(error: unknown): void
  onClose(): void
}

/** One client's connection: reads requests one after the other, whatever was sent ahead, and opens a turn for each. */
export class Connection {
  readonly socket: Socket
  readonly #owner: ConnectionOwner
  readonly #watch: IdleWatch
  #pending: Buffer | undefined
  #turn: Turn | undefined
  #ended = false
  #closing = false
  #advancing = false

  constructor(socket: Socket, watch: IdleWatch, owner: ConnectionOwner) {
    this.socket = socket
    this.#owner = owner
    this.#watch = watch
    socket.setNoDelay(true)
    socket.on('data', this.#onData)
    socket.on('end', this.#onEnd)
    socket.on('drain', this.#onDrain)
    socket.on('error', ignore)
    socket.on('close', this.#onClose)
    watch.add(this)
  }

  /** A request is under way. */
  get busy(): boolean {
    return this.#turn !== undefined
  }

  /** A head has begun and not come to its end. */
  get reading(): boolean {
    return this.#turn === undefined && this.#pending !== undefined
  }

  /** The turn is over; `keepAlive` tells whether another may follow. `rest` is what came behind it. */
  finished(keepAlive: boolean, rest: Buffer | undefined): void {
    this.#turn = undefined
    if (rest && rest.length > 0) this.#pending = this.#pending ? Buffer.concat([rest, this.#pending]) : rest
    if (!keepAlive) return this.close()
    if (this.socket.isPaused()) this.socket.resume()
    this.#watch.stir(this)
    if (!this.#advancing) this.#advance()
    if (!this.#turn) attention.expect()
  }

  /** Says the last word: what was written is sent, then the connection closes, whether the client reads it or not. */
  close(): void {
    this.#turn = undefined
    this.#pending = undefined
    if (this.#closing || this.socket.destroyed) return
    this.#closing = true
    this.socket.end()
    this.socket.resume()
    this.#watch.clock.after(lingerMs, () => this.socket.destroy())
  }

  /** After a message that cannot be read, nothing behind it can be either: it is answered, and that was it. */
  refuse(error: unknown): void {
    this.#turn = undefined
    this.#pending = undefined
    if (this.socket.writable) this.#owner.refuse(error)
    this.close()
  }

  /** From now on the socket is the caller's alone; it is paused. */
  release(): Socket {
    const { socket } = this
    this.#watch.delete(this)
    this.#turn = undefined
    this.#closing = true
    socket.pause()
    socket.off('data', this.#onData).off('end', this.#onEnd).off('drain', this.#onDrain)
    return socket
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#closing) return
    const turn = this.#turn
    let more = chunk
    if (!turn) attention.came()
    else {
      const rest = turn.onClientData(chunk)
      if (!rest) return
      more = rest
    }
    if (this.#pending) more = Buffer.concat([this.#pending, more])
    else if (!this.#turn) this.#watch.stir(this)
    this.#pending = more
    if (!this.#turn) this.#advance()
    else if (more.length > aheadLimitBytes) this.socket.pause()
  }

  readonly #onEnd = (): void => {
    this.#ended = true
    if (this.#turn) this.#turn.onClientEnd()
    else this.close()
  }

  readonly #onDrain = (): void => {
    if (this.#turn) this.#turn.onClientDrain()
    else if (!this.#closing) this.#advance()
  }

  readonly #onClose = (): void => {
    this.#watch.delete(this)
    const turn = this.#turn
    this.#turn = undefined
    this.#pending = undefined
    turn?.onClientClose()
    this.#owner.onClose()
  }

  /**
   * Opens turns as long as whole heads are there, and the client takes the answers: else these would be heaped up. A loop, because many small
   * requests in one piece must not become as many frames on the stack.
   */
  #advance(): void {
    const { socket } = this
    this.#advancing = true
    while (this.#pending && !this.#turn && !socket.destroyed && !socket.writableNeedDrain)
      if (!this.#next(this.#pending)) break
    this.#advancing = false
    if (this.#ended && !this.#turn && !socket.writableNeedDrain) this.close()
  }

  /** False when the head has not come to its end. */
  #next(buffer: Buffer): boolean {
    try {
      const from = skipBlankLines(buffer)
      const head = parseRequestHead(buffer, from)
      if (!head) {
        if (from > 0) this.#pending = from < buffer.length ? buffer.subarray(from) : undefined
        return false
      }
      this.#pending = undefined
      const turn = this.#owner.open(head)
      this.#turn = turn
      turn.begin(head.end < buffer.length ? buffer.subarray(head.end) : undefined)
    } catch (error) {
      this.refuse(error)
    }
    return true
  }
}

function ignore(): void {}

/** Blank lines before a request are forgiven (RFC 9112, 2.2), as long as they are whole. */
function skipBlankLines(buffer: Buffer): number {
  let at = 0
  while (buffer[at] === 13 && buffer[at + 1] === 10) at += 2
  return at
}
