import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import type { Source } from '../port.ts'
import { Blocks } from './blocks.ts'
import { noDigest, openDigest } from './digest.ts'
import { giveBack } from './give-back.ts'

/** A body up to this is gathered and written as it came; a longer one goes through blocks. */
const shortBytes = 256 * 1024

export interface IntakeOptions {
  /** MD5 of what comes; otherwise it is empty. */
  readonly digest: boolean
  /** Where in the file the first byte goes. Default: 0. */
  readonly position?: number
}

/** Chunks on their way into a file, in memory that does not grow with them. `close` it, whatever happened, before the file. */
export class Intake {
  readonly #handle: FileHandle
  readonly #options: IntakeOptions
  #gathered: Uint8Array[] = []
  #blocks: Blocks | undefined
  #size = 0

  constructor(handle: FileHandle, options: IntakeOptions) {
    this.#handle = handle
    this.#options = options
  }

  /** Bytes that were taken. */
  get size(): number {
    return this.#size
  }

  /** Takes one of the source's chunks. A promise when there is no room for more until it resolves. */
  take(chunk: Uint8Array, source: Source): Promise<void> | undefined {
    this.#size += chunk.byteLength
    if (!this.#blocks && this.#size <= shortBytes) {
      this.#gathered.push(source.reused ? Buffer.from(chunk) : chunk)
      return undefined
    }
    if (!this.#blocks) return this.#begin(chunk, source)
    const full = this.#blocks.add(chunk)
    if (full) return full.then(() => (source.givenAway ? giveBack(chunk) : undefined))
    if (source.givenAway) giveBack(chunk)
    return undefined
  }

  /** All that was taken is written, but nothing of it certain. Resolves with the digest to come. */
  async finish(): Promise<{ readonly hex: Promise<string> | string }> {
    if (this.#blocks) return this.#blocks.finish()
    const { digest, position = 0 } = this.#options
    await writeAll(this.#handle, this.#gathered, position)
    if (!digest) return { hex: '' }
    const hash = createHash('md5')
    for (const chunk of this.#gathered) hash.update(chunk)
    return { hex: hash.digest('hex') }
  }

  /** Waits until nothing is under way: only then the file may be closed. */
  async close(): Promise<void> {
    await this.#blocks?.close()
  }

  async #begin(chunk: Uint8Array, source: Source): Promise<void> {
    const { digest, position } = this.#options
    const blocks = new Blocks(this.#handle, digest ? openDigest() : noDigest, position)
    this.#blocks = blocks
    for (const taken of [...this.#gathered, chunk]) {
      await blocks.add(taken)
      if (source.givenAway) giveBack(taken)
    }
    this.#gathered = []
  }
}

/** Writes the chunks as they are: copying them together would double what is held in memory. */
async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[], position: number): Promise<void> {
  let left = chunks
  for (let at = position; left.length > 0; ) {
    let { bytesWritten } = await handle.writev(left as Uint8Array[], at)
    at += bytesWritten
    const done = left.findIndex(chunk => {
      if (bytesWritten < chunk.byteLength) return true
      bytesWritten -= chunk.byteLength
      return false
    })
    if (done < 0) return
    const [cut, ...rest] = left.slice(done) as [Uint8Array, ...Uint8Array[]]
    left = [cut.subarray(bytesWritten), ...rest]
  }
}
