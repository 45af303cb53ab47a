import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock, Timer } from './clock.ts'

const lookEveryMs = 5_000
/** Of one core: below this nobody waits for the few dozen milliseconds that a collection takes. */
const idleShare = 0.025
/** CPU time after which there may be enough to give back. */
const worthwhileMs = 2_000
/** The first finds what is free, the second returns it to the system. */
const collections = 2

export interface IdleMemoryOptions {
  readonly clock: Clock
  /** CPU milliseconds that this process has used so far. Default: as the system counts them. */
  usedMs?(): number
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
  collect = collector(),
}: IdleMemoryOptions): () => void {
  let before = usedMs()
  let spentMs = 0
  let owed = 0
  let timer: Timer
  const look = () => {
    const lately = usedMs() - before
    spentMs += lately
    if (spentMs >= worthwhileMs) {
      owed = collections
      spentMs = 0
    }
    if (owed > 0 && lately < lookEveryMs * idleShare) {
      owed--
      collect()
    }
    // What a collection takes is no work that leaves something behind.
    before = usedMs()
    timer = clock.after(lookEveryMs, look)
  }
  timer = clock.after(lookEveryMs, look)
  return () => timer.cancel()
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
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
