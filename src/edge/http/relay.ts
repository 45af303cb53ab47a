import {
  type BodyReader,
  bodyReader,
  ChunkReader,
  parseResponseHead,
  type RequestHead,
  type ResponseHead,
} from '#wire'
import type { ClientConnection } from './client-connection.ts'
import { parseReplay, type Replay } from './replay.ts'
import { responseHeadFor } from './rewrite.ts'

/** Whoever asked; told what the answer turned out to be. */
export interface RelayOwner {
  /** True once the request's body has been read to its end. */
  readonly requestRead: boolean
  /** The client takes no more for now: stop reading the machine. */
  onClientFull(): void
  /** The app wants the request to go elsewhere; nothing of this answer was passed on. */
  onReplay(replay: Replay): void
  /** 101: from now on bytes pass both ways. `first` came with the head. */
  onUpgrade(head: ResponseHead, first: Buffer): void
  /** The answer is complete. `excess`: more came than it said, so the connection cannot be trusted any more. */
  onAnswered(excess: boolean): void
}

/** Passes a machine's answer on to the client as it comes: its head rewritten, its body checked but never held. */
export class Relay {
  declare private readonly client: ClientConnection
  declare private readonly request: RequestHead
  declare private readonly id: string
  declare private readonly owner: RelayOwner
  /** The answer's head, once it is there and on its way to the client. */
  declare head: ResponseHead | undefined
  declare private body: BodyReader | undefined
  /** A begin of a head whose end has not come yet. */
  declare private begun: Buffer | undefined
  declare private unwrap: boolean

  constructor(client: ClientConnection, request: RequestHead, id: string, owner: RelayOwner) {
    this.client = client
    this.request = request
    this.id = id
    this.owner = owner
    this.head = undefined
    this.body = undefined
    this.begun = undefined
    this.unwrap = false
  }

  /** Throws BadMessage when this cannot be an answer. */
  take(chunk: Buffer): void {
    if (this.body) return this.passBody(chunk)
    const buffer = this.begun ? Buffer.concat([this.begun, chunk]) : chunk
    this.begun = undefined
    let from = 0
    for (;;) {
      const head = parseResponseHead(buffer, from, this.request.method)
      if (!head) {
        this.begun = from > 0 ? buffer.subarray(from) : buffer
        return
      }
      const start = from
      from = head.end
      if (head.status >= 200 || head.status === 101) return this.passHead(head, buffer, from)
      // 100 was given by the edge; early hints and the like are passed on to who can read them.
      if (head.status !== 100 && this.request.minor === 1)
        this.client.socket.write(buffer.toString('latin1', start, from), 'latin1')
    }
  }

  /** May the client's connection serve another request after this answer? */
  keepsClient(head: ResponseHead): boolean {
    if (head.framing.kind === 'until-close') return false
    if (this.request.minor === 0 && head.framing.kind === 'chunked') return false
    // With a request body that was not read to its end, the next request could not be found.
    return this.request.keepAlive && this.owner.requestRead
  }

  private passHead(head: ResponseHead, buffer: Buffer, from: number): void {
    const wanted = head.status === 101 ? undefined : head.fields.get('fly-replay')
    const replay = wanted === undefined ? undefined : parseReplay(wanted)
    if (replay) return this.owner.onReplay(replay)
    this.head = head
    const upgraded = head.status === 101
    this.unwrap = head.framing.kind === 'chunked' && this.request.minor === 0
    const text = responseHeadFor(head, {
      requestId: this.id,
      keepAlive: upgraded || this.keepsClient(head),
      minor: this.request.minor,
      unwrap: this.unwrap,
      upgraded,
    })
    if (upgraded) {
      this.client.socket.write(text, 'latin1')
      return this.owner.onUpgrade(head, buffer.subarray(from))
    }
    const body = this.unwrap ? new ChunkReader(payload => this.toClient(payload)) : bodyReader(head.framing)
    this.body = body
    if (this.unwrap || body.done || from === buffer.length) {
      this.client.socket.write(text, 'latin1')
      const taken = body.done ? 0 : body.take(buffer, from)
      if (body.done) this.owner.onAnswered(buffer.length > from + taken)
      return
    }
    // Head and first part in one piece: one system call, one packet.
    const taken = body.take(buffer, from)
    const whole = Buffer.allocUnsafe(text.length + taken)
    whole.write(text, 0, 'latin1')
    buffer.copy(whole, text.length, from, from + taken)
    this.toClient(whole)
    if (body.done) this.owner.onAnswered(buffer.length > from + taken)
  }

  private passBody(chunk: Buffer): void {
    const body = this.body as BodyReader
    const taken = body.take(chunk, 0)
    if (!this.unwrap && taken > 0) this.toClient(taken === chunk.length ? chunk : chunk.subarray(0, taken))
    if (body.done) this.owner.onAnswered(chunk.length > taken)
  }

  private toClient(part: Buffer): void {
    if (!this.client.socket.write(part)) this.owner.onClientFull()
  }
}
