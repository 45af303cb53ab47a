import { type Clock, codeOf } from '#kernel'

/** A service that starts with us refuses connections at first. */
const patienceMs = 10_000
const longestWaitMs = 50

/** How long a service that refuses connections is asked again: every few milliseconds at first, then less often. */
export class Patience {
  readonly #clock: Clock
  readonly #until: number
  #waitMs = 2
  #tries: number

  /** `tries`: how often another target may be tried at once before anything is waited for. */
  constructor(clock: Clock, tries = 0) {
    this.#clock = clock
    this.#until = clock.monotonic() + patienceMs
    this.#tries = tries
  }

  /** Calls `again` later and says true; false: not this error, or it has been long enough. */
  allows(error: unknown, again: () => void): boolean {
    if (isUnreachable(error) && this.#tries > 0) {
      this.#tries--
      setImmediate(again)
      return true
    }
    if (!isRefused(error) || this.#clock.monotonic() >= this.#until) return false
    this.#clock.after(this.#waitMs, again)
    this.#waitMs = Math.min(this.#waitMs * 2, longestWaitMs)
    return true
  }
}

/** Nothing listens there: the request has not been seen by anybody. */
export function isRefused(error: unknown): boolean {
  return codeOf(error) === 'ECONNREFUSED'
}

/** There was no connection at all: another target may be tried. */
export function isUnreachable(error: unknown): boolean {
  return ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ENOTFOUND'].includes(
    codeOf(error) ?? '',
  )
}
