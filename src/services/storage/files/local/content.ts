import { type FileHandle, open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import type { Content } from '../port.ts'

const chunkBytes = 128 * 1024

/** A file that is open: it can be read to its end even when its object is replaced or removed meanwhile. */
export class LocalContent implements Content {
  readonly #handle: FileHandle
  readonly size: number
  readonly modifiedAt: Date

  private constructor(handle: FileHandle, size: number, modifiedAt: Date) {
    this.#handle = handle
    this.size = size
    this.modifiedAt = modifiedAt
  }

  static async open(path: string): Promise<LocalContent> {
    const handle = await open(path, 'r')
    const { size, mtime } = await handle.stat()
    return new LocalContent(handle, size, mtime)
  }

  async read(range?: { readonly start: number; readonly end: number }): Promise<Readable> {
    return this.#handle.createReadStream({ ...range, highWaterMark: chunkBytes })
  }

  async close(): Promise<void> {
    await this.#handle.close().catch(() => {})
  }
}
