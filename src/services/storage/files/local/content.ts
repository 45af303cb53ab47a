import { fstatSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { errors } from '../../errors.ts'
import type { Content, Take } from '../port.ts'
import { borrowBuffers } from './read-buffers.ts'

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
    // Of an open file it is in memory: to ask another thread would cost more than the answer.
    const { size, mtime } = fstatSync(handle.fd)
    return new LocalContent(handle, size, mtime)
  }

  /** Two buffers in turn: one is filled while the other is taken. */
  async give(take: Take, { start, end }: { readonly start: number; readonly end: number }): Promise<void> {
    const loan = borrowBuffers(end - start + 1)
    const { buffers } = loan
    const taken = buffers.map(() => Promise.resolve())
    let whole = false
    try {
      let turn = 0
      for (let at = start; at <= end; turn = (turn + 1) % buffers.length) {
        const buffer = buffers[turn] as Buffer
        await taken[turn]
        const { bytesRead } = await this.#handle.read(buffer, 0, Math.min(buffer.length, end - at + 1), at)
        // Somebody cut the file: what was promised cannot be kept.
        if (bytesRead === 0) throw errors.internal(new Error('A content is shorter than when it was opened'))
        at += bytesRead
        const taking = take(buffer.subarray(0, bytesRead))
        // Its failure is seen when its turn comes again, or at the end.
        taking.catch(() => {})
        taken[turn] = taking
      }
      await Promise.all(taken)
      whole = true
    } finally {
      // After a failure something may still look at them.
      loan.end(whole)
    }
  }

  async close(): Promise<void> {
    await this.#handle.close().catch(() => {})
  }
}
