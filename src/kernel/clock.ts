/** A pending timer; `cancel` after it fired is harmless. */
export interface Timer {
  cancel(): void
}

/** Time as the engine sees it, so that tests can move it. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. May jump. */
  now(): number
  /** Milliseconds from an arbitrary origin; never goes back. Durations are measured with this. */
  monotonic(): number
  /** Calls `fn` once after `ms`. Timers do not keep the process alive. */
  after(ms: number, fn: () => void): Timer
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, fn) {
    // setTimeout holds 31 bits; a longer wait is taken in pieces.
    const longest = 2 ** 31 - 1
    let handle: NodeJS.Timeout
    const arm = (left: number) => {
      handle = setTimeout(() => (left > longest ? arm(left - longest) : fn()), Math.min(left, longest))
      handle.unref()
    }
    arm(Math.max(0, ms))
    return { cancel: () => clearTimeout(handle) }
  },
}

/** Resolves after `ms` on that clock, or rejects with the signal's reason. Keeps the process alive only on the system clock's terms. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const timer = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    const onAbort = () => {
      timer.cancel()
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
