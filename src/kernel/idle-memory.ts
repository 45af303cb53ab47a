import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const lookEveryMs = 5_000
/** Of one core: below this nobody waits for the few dozen milliseconds that a collection takes. */
const idleShare = 0.025
/** CPU time after which there may be enough to give back. */
const worthwhileMs = 2_000
/** The first finds what is free, the second returns it to the system. */
const collections = 2

/**
 * Gives back, once this process has become idle, what its work has left behind. V8 by itself collects when memory is allocated, so a process
 * that goes quiet after much work would keep its garbage for as long as it is quiet. The returned function ends it.
 */
export function collectWhenIdle(): () => void {
  let before = process.cpuUsage()
  let spentMs = 0
  let owed = 0
  let collect: (() => void) | undefined
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(before)
    const usedMs = (user + system) / 1000
    spentMs += usedMs
    if (spentMs >= worthwhileMs) {
      owed = collections
      spentMs = 0
    }
    if (owed > 0 && usedMs < lookEveryMs * idleShare) {
      owed--
      collect ??= collector()
      collect()
    }
    // What a collection takes is no work that leaves something behind.
    before = process.cpuUsage()
  }, lookEveryMs).unref()
  return () => clearInterval(timer)
}

/** The engine's full collection, without a flag on the command line. */
function collector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}
