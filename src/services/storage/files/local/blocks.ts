import type { FileHandle } from 'node:fs/promises'
import type { Digest } from './digest.ts'

const blockBytes = 512 * 1024
/** One that fills, one that is written and digested, one between them. */
const ring = 3
/** Sets of blocks that are kept for the next upload; more uploads than that at once make their own. */
const keptSets = 4
/** The disk is asked to take what is written so far each time so much has come, so that it is not all left for the end. */
const syncBytes = 32 * 1024 * 1024

type Block = Uint8Array<SharedArrayBuffer>

const spare: Block[][] = []

/**
 * A long body on its way into a file, in blocks that never grow in number: what comes is copied at once, so that the many small buffers
 * of the network die young, and each full block is written and digested at the same time, while the next fills.
 */
export class Blocks {
  readonly #handle: FileHandle
  readonly #digest: Digest
  readonly #blocks: Block[] =
    spare.pop() ?? Array.from({ length: ring }, () => new Uint8Array(new SharedArrayBuffer(blockBytes)))
  /** What is under way with each block. */
  readonly #work: Promise<unknown>[] = Array.from({ length: ring }, () => Promise.resolve())
  /** Blocks are written one after the other: a file that breaks off has no hole. */
  #writing: Promise<void> = Promise.resolve()
  #syncing: Promise<void> = Promise.resolve()
  #index = 0
  #filled = 0
  #position: number
  #unsynced = 0

  /** `position`: where in the file its first byte goes. */
  constructor(handle: FileHandle, digest: Digest, position = 0) {
    this.#position = position
    this.#handle = handle
    this.#digest = digest
  }

  /** Takes a chunk in; the chunk is the caller's again at once. A promise when there is no room for more until it resolves. */
  add(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#filled + chunk.byteLength >= blockBytes) return this.#addAcross(chunk)
    ;(this.#blocks[this.#index] as Block).set(chunk, this.#filled)
    this.#filled += chunk.byteLength
    return undefined
  }

  /** All that was taken is written. Resolves with the digest to come, which nobody need wait for before the disk is asked. */
  async finish(): Promise<{ readonly hex: Promise<string> }> {
    this.#send()
    await Promise.all(this.#work)
    await this.#syncing
    const hex = this.#digest.digest()
    hex.catch(() => {})
    return { hex }
  }

  /** Waits until nothing is under way, whatever became of it, and gives the blocks back. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#work, this.#syncing])
    this.#digest.drop()
    if (spare.length < keptSets) spare.push(this.#blocks)
  }

  async #addAcross(chunk: Uint8Array): Promise<void> {
    for (let from = 0; from < chunk.byteLength; ) {
      const part = chunk.subarray(from, from + blockBytes - this.#filled)
      ;(this.#blocks[this.#index] as Block).set(part, this.#filled)
      this.#filled += part.byteLength
      from += part.byteLength
      if (this.#filled < blockBytes) continue
      this.#send()
      await this.#work[this.#index]
      if (this.#unsynced < syncBytes) continue
      this.#unsynced = 0
      await this.#syncing
      this.#syncing = this.#handle.datasync()
      this.#syncing.catch(() => {})
    }
  }

  /** Sends the block that fills on its way; the next one is filled when its own work is done. */
  #send(): void {
    const block = this.#blocks[this.#index] as Block
    const length = this.#filled
    const position = this.#position
    this.#writing = this.#writing.then(() => this.#write(block.subarray(0, length), position))
    const work = Promise.all([this.#writing, this.#digest.update(block, length)])
    // Its failure is seen when the block's turn comes again, or at the end; until then nobody else looks.
    work.catch(() => {})
    this.#work[this.#index] = work
    this.#position += length
    this.#unsynced += length
    this.#filled = 0
    this.#index = (this.#index + 1) % ring
  }

  async #write(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.byteLength; ) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.byteLength - done, position + done)
      done += bytesWritten
    }
  }
}
