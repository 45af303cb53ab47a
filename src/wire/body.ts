import { BadMessage } from './bad-message.ts'
import type { Framing } from './head.ts'

/** Follows a body through the bytes that pass, without holding them. */
export interface BodyReader {
  /** True when the body is complete. */
  readonly done: boolean
  /** How many bytes of `buffer` from `from` belong to the body. Throws BadMessage when they cannot be a body. */
  take(buffer: Buffer, from: number): number
}

export function bodyReader(framing: Framing): BodyReader {
  switch (framing.kind) {
    case 'none':
      return { done: true, take: () => 0 }
    case 'length':
      return new LengthReader(framing.bytes)
    case 'chunked':
      return new ChunkReader()
    case 'until-close':
      return { done: false, take: (buffer, from) => buffer.length - from }
  }
}

class LengthReader implements BodyReader {
  #left: number

  constructor(bytes: number) {
    this.#left = bytes
  }

  get done(): boolean {
    return this.#left === 0
  }

  take(buffer: Buffer, from: number): number {
    const taken = Math.min(this.#left, buffer.length - from)
    this.#left -= taken
    return taken
  }
}

const lineLimit = 4 * 1024
const cr = 13
const lf = 10

/** Checks chunk sizes, line ends and trailers as they pass. `onData` is told where payload is, for whoever must unwrap it. */
export class ChunkReader implements BodyReader {
  #state: 'size' | 'data' | 'data-cr' | 'data-lf' | 'trailer' | 'done' = 'size'
  #line = ''
  #left = 0
  readonly #onData: ((payload: Buffer) => void) | undefined

  constructor(onData?: (payload: Buffer) => void) {
    this.#onData = onData
  }

  get done(): boolean {
    return this.#state === 'done'
  }

  take(buffer: Buffer, from: number): number {
    let at = from
    while (at < buffer.length && this.#state !== 'done') {
      if (this.#state === 'data') {
        const taken = Math.min(this.#left, buffer.length - at)
        this.#onData?.(buffer.subarray(at, at + taken))
        this.#left -= taken
        at += taken
        if (this.#left === 0) this.#state = 'data-cr'
        continue
      }
      if (this.#state === 'data-cr' || this.#state === 'data-lf') {
        if (buffer[at] !== (this.#state === 'data-cr' ? cr : lf))
          throw new BadMessage('a chunk does not end where it says')
        this.#state = this.#state === 'data-cr' ? 'data-lf' : 'size'
        at++
        continue
      }
      at = this.#readLine(buffer, at)
    }
    return at - from
  }

  #readLine(buffer: Buffer, from: number): number {
    const feed = buffer.indexOf(lf, from)
    const end = feed < 0 ? buffer.length : feed + 1
    this.#line += buffer.toString('latin1', from, end)
    if (this.#line.length > lineLimit) throw new BadMessage('a chunk line is too long')
    if (feed < 0) return end
    const line = this.#line
    this.#line = ''
    if (!line.endsWith('\r\n')) throw new BadMessage('a chunk line does not end with CR LF')
    const text = line.slice(0, -2)
    if (/[^\t\x20-\x7e\x80-\xff]/.test(text)) throw new BadMessage('a chunk line has a control character')
    if (this.#state === 'size') this.#size(text)
    else if (text === '') this.#state = 'done'
    else checkTrailer(text)
    return end
  }

  #size(text: string): void {
    const match = /^([0-9A-Fa-f]{1,13})(?:;[^\s;][^;]*)*$/.exec(text)
    if (!match) throw new BadMessage('a chunk size is malformed')
    this.#left = Number.parseInt(match[1] as string, 16)
    this.#state = this.#left === 0 ? 'trailer' : 'data'
  }
}

/** A trailer may not change how the message was read. */
function checkTrailer(text: string): void {
  const name = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):/.exec(text)?.[1]?.toLowerCase()
  if (name === undefined) throw new BadMessage('a trailer is malformed')
  if (['content-length', 'transfer-encoding', 'host', 'connection', 'trailer'].includes(name))
    throw new BadMessage(`${name} may not be a trailer`)
}
