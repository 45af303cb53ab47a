import { type Clock, sleep } from '#kernel'
import { errors } from '../errors.ts'

interface Holder {
  /** Asks the request that holds the lock to let go. */
  readonly release: () => void | Promise<void>
  readonly gone: Promise<void>
  readonly leave: () => void
}

const patienceMs = 30_000

/**
 * One request at a time per upload. A client that comes back while its old connection hangs must not wait for it: the holder is asked to
 * stop, keeps what it has, and the newcomer goes on from there.
 */
export class Locker {
  readonly #clock: Clock
  readonly #holders = new Map<string, Holder>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  newLock(id: string) {
    return {
      lock: (signal: AbortSignal, release: () => void | Promise<void>) => this.#lock(id, signal, release),
      unlock: async () => this.#holders.get(id)?.leave(),
    }
  }

  async #lock(id: string, signal: AbortSignal, release: () => void | Promise<void>): Promise<void> {
    const deadline = this.#clock.monotonic() + patienceMs
    for (let holder = this.#holders.get(id); holder; holder = this.#holders.get(id)) {
      await holder.release()
      const waitMs = deadline - this.#clock.monotonic()
      if (waitMs <= 0 || signal.aborted) throw errors.lockTimeout()
      const stop = new AbortController()
      await Promise.race([holder.gone, sleep(this.#clock, waitMs, stop.signal).catch(() => {})])
      stop.abort()
    }
    let leave = () => {}
    const gone = new Promise<void>(resolve => {
      leave = () => {
        this.#holders.delete(id)
        resolve()
      }
    })
    this.#holders.set(id, { release, gone, leave })
  }
}
