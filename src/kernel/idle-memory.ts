import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock, Timer } from './clock.ts'

const lookEveryMs = 5_000
/** Of one core: below this nobody waits for the few dozen milliseconds that a collection takes. */
const idleShare = 0.025
/** What the heap must have grown by for a collection to be worth its time: so much, and this share of what it was. */
const worthwhileBytes = 4 * 1024 * 1024
const worthwhileShare = 0.1
/** The first finds what is free, the second returns it to the system. */
const collections = 2

export interface IdleMemoryOptions {
  readonly clock: Clock
  /** CPU milliseconds that this process has used so far. Default: as the system counts them. */
  usedMs?(): number
  /** What the heap takes from the system now, in bytes. Default: as V8 says. */
  heapBytes?(): number
  /** One full collection. Default: V8's. */
  collect?(): void
}

/**
 * Gives back, once this process has become idle, what its work has left behind. V8 by itself collects when memory is allocated, so a process
 * that goes quiet after much work would keep its garbage for as long as it is quiet. The returned function ends it.
 */
export function collectWhenIdle({
  clock,
  usedMs = cpuMs,
  heapBytes = committedBytes,
  collect = collector(),
}: IdleMemoryOptions): () => void {
  let before = usedMs()
  let keptBytes = 0
  let owed = 0
  let timer: Timer
  const look = () => {
    const grownBytes = heapBytes() - keptBytes
    if (grownBytes >= Math.max(worthwhileBytes, keptBytes * worthwhileShare)) owed = collections
    if (owed > 0 && usedMs() - before < lookEveryMs * idleShare) {
      owed--
      collect()
      keptBytes = heapBytes()
    }
    // What a collection takes is no work that leaves something behind.
    before = usedMs()
    timer = clock.after(lookEveryMs, look)
  }
  timer = clock.after(lookEveryMs, look)
  return () => timer.cancel()
}

/** CPU milliseconds that this process has used. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function committedBytes(): number {
  const { total_heap_size, external_memory } = getHeapStatistics()
  return total_heap_size + external_memory
}

/** V8's full collection, without a flag on the command line; looked for when it is wanted first. */
function collector(): () => void {
  let gc: (() => void) | undefined
  return () => {
    if (!gc) {
      setFlagsFromString('--expose-gc')
      gc = runInNewContext('gc') as () => void
    }
    gc()
  }
}
