import { open } from 'node:fs/promises'
import type { Source } from '../port.ts'
import { borrowBuffers } from './read-buffers.ts'

/** The bytes of a file, or a range of them, both ends included. One buffer serves for all: a chunk is overwritten by the next. */
export function readFile(path: string, range?: { readonly start: number; readonly end: number }): Source {
  return Object.assign(read(path, range), { reused: true })
}

async function* read(path: string, range?: { readonly start: number; readonly end: number }) {
  const handle = await open(path, 'r')
  try {
    const { start, end } = range ?? { start: 0, end: (await handle.stat()).size - 1 }
    if (end < start) return
    const loan = borrowBuffers(end - start + 1)
    const [buffer] = loan.buffers as [Buffer]
    try {
      for (let at = start; at <= end; ) {
        const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, end - at + 1), at)
        if (bytesRead === 0) return
        at += bytesRead
        yield buffer.subarray(0, bytesRead)
      }
    } finally {
      // Whoever asks for no more has copied what it was given.
      loan.end(true)
    }
  } finally {
    await handle.close()
  }
}
