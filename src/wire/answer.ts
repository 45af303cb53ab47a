import { BadMessage } from './bad-message.ts'
import { type BodyReader, bodyReader, ChunkReader } from './body.ts'
import { parseResponseHead, type ResponseHead } from './head.ts'

/** Told of an answer as it comes. */
export interface AnswerOwner {
  /** A head ahead of the answer's own: 100, early hints and the like. */
  onInterimHead(head: ResponseHead): void
  onAnswerHead(head: ResponseHead): void
  /** A part of the body, out of its chunks. */
  onAnswerPart(part: Buffer): void
  /** The answer is complete. `excess`: more came than it said, so the connection cannot be trusted any more. */
  onAnswerWhole(excess: boolean): void
  /** 101: from now on bytes pass both ways. `first` came with the head. */
  onSwitched(head: ResponseHead, first: Buffer): void
}

/** Reads one answer from the bytes of its connection, and holds none of them but a head that has not come to its end. */
export class AnswerReader {
  declare private readonly method: string
  declare private readonly owner: AnswerOwner
  /** The answer's head, once it is there. */
  declare head: ResponseHead | undefined
  declare private body: BodyReader | undefined
  declare private begun: Buffer | undefined

  /** `method` is the request's: an answer to HEAD has no body whatever it says. */
  constructor(method: string, owner: AnswerOwner) {
    this.method = method
    this.owner = owner
    this.head = undefined
    this.body = undefined
    this.begun = undefined
  }

  /** Throws BadMessage when this cannot be an answer. */
  take(chunk: Buffer): void {
    if (this.body) return this.takeBody(this.body, chunk, 0)
    const buffer = this.begun ? Buffer.concat([this.begun, chunk]) : chunk
    this.begun = undefined
    let from = 0
    for (;;) {
      const head = parseResponseHead(buffer, from, this.method)
      if (!head) {
        this.begun = from > 0 ? buffer.subarray(from) : buffer
        return
      }
      from = head.end
      if (head.status >= 200) return this.begin(head, buffer)
      if (head.status === 101) {
        this.head = head
        return this.owner.onSwitched(head, buffer.subarray(from))
      }
      this.owner.onInterimHead(head)
    }
  }

  /** Nothing more comes. True: what has come is a whole answer, which the owner has been told. */
  end(): boolean {
    if (this.head?.framing.kind !== 'until-close') return false
    this.owner.onAnswerWhole(false)
    return true
  }

  private begin(head: ResponseHead, buffer: Buffer): void {
    this.head = head
    const body =
      head.framing.kind === 'chunked'
        ? new ChunkReader(part => this.owner.onAnswerPart(part))
        : bodyReader(head.framing)
    this.body = body
    this.owner.onAnswerHead(head)
    if (body.done) this.owner.onAnswerWhole(buffer.length > head.end)
    else if (buffer.length > head.end) this.takeBody(body, buffer, head.end)
  }

  private takeBody(body: BodyReader, buffer: Buffer, from: number): void {
    if (body.done) throw new BadMessage('more comes than the answer says')
    const taken = body.take(buffer, from)
    if (this.head?.framing.kind !== 'chunked' && taken > 0)
      this.owner.onAnswerPart(taken === buffer.length ? buffer : buffer.subarray(from, from + taken))
    if (body.done) this.owner.onAnswerWhole(buffer.length > from + taken)
  }
}
