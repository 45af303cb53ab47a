import { createHash, type Hash } from 'node:crypto'
import { errors } from '../errors.ts'
import { emptyDigest } from '../sigv4/canonical.ts'
import { hmac, sameSignature } from '../sigv4/keys.ts'

/** What the signatures of chunks are chained to. */
export interface ChunkSigning {
  readonly key: Buffer
  /** x-amz-date */
  readonly date: string
  readonly scope: string
  /** Signature of the request's head. */
  readonly seed: string
}

export interface ChunkedOptions {
  /** Absent: the payload is not signed. */
  readonly signing: ChunkSigning | undefined
  readonly withTrailer: boolean
  /** Called with the trailer's fields, names in lower case, before the stream ends. */
  readonly onTrailer: (fields: ReadonlyMap<string, string>) => void
}

const headLimitBytes = 1024
const trailerLimitBytes = 16 * 1024
const crlf = Buffer.from('\r\n')

/**
 * Takes the bytes out of `aws-chunked` framing. Each chunk's signature is checked when its last byte has passed; the reader must not use
 * anything before the stream has ended well.
 */
export async function* readChunked(
  source: AsyncIterable<Uint8Array>,
  options: ChunkedOptions,
): AsyncGenerator<Uint8Array> {
  const input = new Input(source)
  try {
    let previous = options.signing?.seed ?? ''
    for (;;) {
      const { size, signature } = parseHead(await input.line(headLimitBytes), options.signing !== undefined)
      const hash = options.signing && createHash('sha256')
      for (let left = size; left > 0; ) {
        const piece = await input.some(left)
        hash?.update(piece)
        left -= piece.byteLength
        yield piece
      }
      if (options.signing && hash) {
        verifyChunk(options.signing, previous, hash, signature)
        previous = signature
      }
      if (size === 0) break
      if ((await input.line(2)) !== '') throw errors.incompleteBody()
    }
    if (options.withTrailer) options.onTrailer(await readTrailer(input, options.signing, previous))
    else await input.optionalLine()
    await input.end()
  } finally {
    input.close()
  }
}

function parseHead(line: string, signed: boolean): { size: number; signature: string } {
  const match = /^([0-9a-f]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(line)
  if (!match) throw errors.invalidRequest('A chunk does not begin with its size')
  if (signed && match[2] === undefined) throw errors.signatureMismatch('A chunk is not signed')
  return { size: Number.parseInt(match[1] as string, 16), signature: match[2] ?? '' }
}

function verifyChunk({ key, date, scope }: ChunkSigning, previous: string, hash: Hash, signature: string) {
  const text = ['AWS4-HMAC-SHA256-PAYLOAD', date, scope, previous, emptyDigest, hash.digest('hex')].join('\n')
  if (!sameSignature(hmac(key, text), signature)) throw errors.signatureMismatch()
}

async function readTrailer(
  input: Input,
  signing: ChunkSigning | undefined,
  previous: string,
): Promise<ReadonlyMap<string, string>> {
  const fields = new Map<string, string>()
  let signature: string | undefined
  let canonical = ''
  for (let bytes = 0; ; ) {
    const line = await input.lineOrEnd(headLimitBytes)
    if (line === undefined || line === '') break
    bytes += line.length
    if (bytes > trailerLimitBytes) throw errors.invalidRequest('The trailer is too long')
    const colon = line.indexOf(':')
    if (colon <= 0) throw errors.invalidRequest('The trailer is not made of fields')
    const name = line.slice(0, colon).trim().toLowerCase()
    const value = line.slice(colon + 1).trim()
    if (name === 'x-amz-trailer-signature') signature = value
    else {
      fields.set(name, value)
      canonical += `${name}:${value}\n`
    }
  }
  if (signing) {
    const digest = createHash('sha256').update(canonical).digest('hex')
    const text = ['AWS4-HMAC-SHA256-TRAILER', signing.date, signing.scope, previous, digest].join('\n')
    if (!sameSignature(hmac(signing.key, text), signature ?? '')) throw errors.signatureMismatch()
  }
  return fields
}

/** Reads lines and runs of bytes from a stream, holding no more than one piece of it and an unfinished line. */
class Input {
  readonly #source: AsyncIterator<Uint8Array>
  #rest: Buffer = Buffer.alloc(0)

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** The next bytes, at least one and at most `most`. */
  async some(most: number): Promise<Buffer> {
    if (this.#rest.length === 0 && !(await this.#more())) throw errors.incompleteBody()
    const piece = this.#rest.subarray(0, most)
    this.#rest = this.#rest.subarray(piece.length)
    return piece
  }

  async line(limitBytes: number): Promise<string> {
    const line = await this.lineOrEnd(limitBytes)
    if (line === undefined) throw errors.incompleteBody()
    return line
  }

  /** Undefined when the stream ended before a byte of it came. */
  async lineOrEnd(limitBytes: number): Promise<string | undefined> {
    for (;;) {
      const at = this.#rest.indexOf(crlf)
      if (at >= 0 && at <= limitBytes) {
        const line = this.#rest.subarray(0, at).toString('latin1')
        this.#rest = this.#rest.subarray(at + 2)
        return line
      }
      if (at > limitBytes || this.#rest.length > limitBytes + 1)
        throw errors.invalidRequest('A line of the chunked body is too long')
      if (await this.#more()) continue
      if (this.#rest.length === 0) return undefined
      throw errors.incompleteBody()
    }
  }

  /** An empty line, which some clients leave out at the end. */
  async optionalLine(): Promise<void> {
    const line = await this.lineOrEnd(2)
    if (line) throw errors.invalidRequest('There is something behind the last chunk')
  }

  async end(): Promise<void> {
    if (this.#rest.length > 0 || (await this.#more()))
      throw errors.invalidRequest('There is something behind the last chunk')
  }

  /** Lets go of the source, so that what still comes can be drained. */
  close(): void {
    this.#source.return?.().catch(() => {})
  }

  async #more(): Promise<boolean> {
    for (;;) {
      const { done, value } = await this.#source.next()
      if (done) return false
      if (value.byteLength === 0) continue
      const piece = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      this.#rest = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece])
      return true
    }
  }
}
