import type { IncomingHttpHeaders } from 'node:http'
import type { Fields, RequestHead } from '../head.ts'
import { headerTable } from './header-table.ts'

/** What may come of a body that nobody reads yet. */
const keptBytes = 64 * 1024

/** Whoever reads a body as it comes. */
export interface BodyOwner {
  onBodyPart(part: Buffer): void
  /** All of it has come. */
  onBodyEnd(): void
}

/** What a body needs of its connection. */
export interface BodySource {
  /** The client waits to be told that its body is wanted. */
  invite(): void
  pause(): void
  resume(): void
}

/** A request as a service sees it. Its head is there; its body is read by whoever wants it. */
export class WireRequest {
  // Declared here and set in the constructor, in one go: one of these is made for every request.
  declare readonly head: RequestHead
  declare readonly remoteAddress: string
  declare readonly method: string
  /** Path and query as they were sent, or `*`. */
  declare url: string
  /** All of the body has come. */
  declare whole: boolean
  /** The client went away before its body was whole. */
  declare broken: boolean
  declare private readonly source: BodySource
  declare private table: IncomingHttpHeaders | undefined
  declare private kept: Buffer[]
  declare private keptSize: number
  declare private owner: BodyOwner | undefined

  constructor(head: RequestHead, remoteAddress: string, source: BodySource) {
    this.head = head
    this.remoteAddress = remoteAddress
    this.method = head.method
    this.url = head.target
    this.whole = head.framing.kind === 'none'
    this.broken = false
    this.source = source
    this.table = undefined
    this.kept = noParts
    this.keptSize = 0
    this.owner = undefined
  }

  get fields(): Fields {
    return this.head.fields
  }

  get headers(): IncomingHttpHeaders {
    this.table ??= headerTable(this.head.fields)
    return this.table
  }

  get hasBody(): boolean {
    return this.head.framing.kind !== 'none'
  }

  /** Bytes of the body that were announced; undefined: it comes in chunks. */
  get bytes(): number | undefined {
    const { framing } = this.head
    return framing.kind === 'length' ? framing.bytes : framing.kind === 'none' ? 0 : undefined
  }

  /** What has come of the body so far; undefined when nothing has. */
  take(): Buffer | undefined {
    const { kept } = this
    this.kept = noParts
    this.keptSize = 0
    return kept.length <= 1 ? kept[0] : Buffer.concat(kept)
  }

  /** The rest of the body goes to that owner, what has come of it first, and at once. */
  follow(owner: BodyOwner): void {
    const first = this.take()
    this.owner = owner
    if (first) owner.onBodyPart(first)
    if (this.whole) owner.onBodyEnd()
    else {
      this.source.invite()
      this.source.resume()
    }
  }

  /** Nobody wants the rest: it is read and dropped, so that the connection stays usable. */
  drop(): void {
    this.take()
    this.owner = nobody
    if (!this.whole) this.source.resume()
  }

  pause(): void {
    if (!this.whole) this.source.pause()
  }

  resume(): void {
    this.source.resume()
  }

  /** All of a body. Rejects with `tooLarge()` beyond the limit, and when the client goes away. */
  all(limitBytes: number, tooLarge: () => Error): Promise<Buffer> {
    if (this.whole && this.keptSize <= limitBytes) return Promise.resolve(this.take() ?? nothing)
    return new Promise((resolve, reject) => {
      const parts: Buffer[] = []
      let size = 0
      this.onBroken = () => reject(new Error('the client went away'))
      this.follow({
        onBodyPart: part => {
          size += part.length
          if (size <= limitBytes) return void parts.push(part)
          this.drop()
          reject(tooLarge())
        },
        onBodyEnd: () => resolve(Buffer.concat(parts)),
      })
    })
  }

  /** Told when the client goes away before its body is whole. */
  declare onBroken: (() => void) | undefined

  // What the connection says

  arrived(part: Buffer): void {
    if (this.owner) return this.owner.onBodyPart(part)
    if (this.kept === noParts) this.kept = [part]
    else this.kept.push(part)
    this.keptSize += part.length
    if (this.keptSize > keptBytes) this.source.pause()
  }

  ended(): void {
    this.whole = true
    this.owner?.onBodyEnd()
  }

  left(): void {
    if (this.whole) return
    this.broken = true
    this.onBroken?.()
  }
}

const noParts: Buffer[] = []
const nothing = Buffer.alloc(0)
const nobody: BodyOwner = { onBodyPart() {}, onBodyEnd() {} }
