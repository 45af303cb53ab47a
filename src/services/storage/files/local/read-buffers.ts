const largeBytes = 512 * 1024
const smallBytes = 64 * 1024
/** Readers at once that get large buffers; further ones have to do with small ones, so that many slow readers hold little. */
const mostLarge = 16
/** Pairs of large buffers that are kept for the next readers, and for how long when there are none: a resting service holds none. */
const keptPairs = 4
const keptMs = 5_000

type Pair = readonly [Buffer, Buffer]

const spare: Pair[] = []
let lent = 0
let rest: NodeJS.Timeout | undefined

/** Buffers on loan. `end` them; `reusable` when nobody looks at them any more, else they are left to the collector. */
export interface BufferLoan {
  readonly buffers: readonly Buffer[]
  end(reusable: boolean): void
}

/**
 * Buffers to read so many bytes with. Each read and each write to a socket has its price, whatever its size: with large ones, a download
 * costs less than half of what it does with those of 64 KiB.
 */
export function borrowBuffers(bytes: number): BufferLoan {
  if (bytes <= smallBytes) return { buffers: [Buffer.allocUnsafe(bytes)], end() {} }
  if (bytes <= largeBytes) return { buffers: pairOf(Math.ceil(bytes / 2)), end() {} }
  if (lent >= mostLarge) return { buffers: pairOf(smallBytes), end() {} }
  const pair = spare.pop() ?? pairOf(largeBytes)
  lent++
  clearTimeout(rest)
  return {
    buffers: pair,
    end(reusable) {
      if (reusable && spare.length < keptPairs) spare.push(pair)
      if (--lent === 0) rest = setTimeout(() => spare.splice(0), keptMs).unref()
    },
  }
}

function pairOf(bytes: number): Pair {
  return [Buffer.allocUnsafeSlow(bytes), Buffer.allocUnsafeSlow(bytes)]
}
