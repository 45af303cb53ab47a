import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import type { Clock } from './clock.ts'
import { cpuMs } from './idle-memory.ts'

const restMs = 1_000
/** How long it may grow unseen: under full load a second is enough for more than one step. */
const growthMs = 50
/** Of one core: with less to do it needs no large one. */
const busyShare = 0.1

export interface NurseryOptions {
  readonly clock: Clock
  /** How much new objects may take before they are looked through, about; V8 keeps twice as much for it. */
  readonly nurseryBytes: number
  /** CPU milliseconds that this process has used so far. Default: as the system counts them. */
  usedMs?(): number
}

/** For a service that answers many small requests. */
export const serviceNurseryBytes = 4 * 1024 * 1024

/**
 * How V8 keeps the memory of a server that lives long; called once, before other modules are loaded. Nothing is made in the old generation on the guess that
 * it will live long: when the guess is wrong, all that hangs on it stays until the next full collection, and each small one takes milliseconds.
 * And small collections are done by the one thread that waits for them: there is so little in them that to wake others, which take the processor
 * from whoever is at work for these requests, costs more than it saves. Without `nursery` it stays as small as V8 begins.
 */
export function tuneHeap(nursery?: NurseryOptions): void {
  setFlagsFromString('--no-allocation-site-pretenuring')
  setFlagsFromString('--no-parallel-scavenge')
  // Loading modules makes no large one.
  allowGrowth(false)
  if (nursery) growNursery(nursery)
  showNavigator()
}

/**
 * Lets the nursery grow under load until it is large enough, and no further: by itself V8 would go on to 16 MiB and more. What a small collection
 * costs is mostly the same for a small nursery and for a large one, so that with one of 1 MiB a busy service spends a tenth of its time on them.
 * V8 makes it small again when the process is idle; then it may grow once more. The returned function ends it.
 */
export function growNursery({ clock, nurseryBytes, usedMs = cpuMs }: NurseryOptions): () => void {
  let timer = clock.after(restMs, look)
  let usedBefore = usedMs()
  let lookedAt = clock.monotonic()
  function look(): void {
    const used = usedMs()
    const now = clock.monotonic()
    const isBusy = used - usedBefore > (now - lookedAt) * busyShare
    usedBefore = used
    lookedAt = now
    // It doubles, and a little of it is not for objects.
    const may = isBusy && nurseryCapacity() * 2 <= nurseryBytes
    allowGrowth(may)
    timer = clock.after(may ? growthMs : restMs, look)
  }
  return () => timer.cancel()
}

/** How much new objects may take before they are looked through. */
export function nurseryCapacity(): number {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
  return space ? space.space_used_size + space.space_available_size : 0
}

/** V8 multiplies by this when enough has outlived small collections. */
function allowGrowth(may: boolean): void {
  setFlagsFromString(`--semi-space-growth-factor=${may ? 2 : 1}`)
}

/**
 * As Node 21 and newer show it. Where it is missing, pg makes a `Response` to find out where it runs, and for that Node 20 loads all of its
 * fetch: megabytes that a process which fetches nothing would keep.
 */
function showNavigator(): void {
  if ('navigator' in globalThis) return
  const navigator = { userAgent: `Node.js/${process.versions.node.split('.')[0]}` }
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true, writable: true })
}
