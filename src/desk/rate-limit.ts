import type { Clock } from '#kernel'

export interface RateLimits {
  /** Calls that a caller may make at once after a pause. */
  readonly burst: number
  readonly perSecond: number
}

/** Far above what an agent does on purpose, far below what hurts its neighbours. */
export const defaultRateLimits: RateLimits = { burst: 60, perSecond: 20 }

const mostCallers = 10_000

interface Bucket {
  tokens: number
  at: number
}

/** A token bucket per caller; the least recently seen callers are forgotten first, so memory is bounded. */
export class RateLimiter {
  readonly #clock: Clock
  readonly #limits: RateLimits
  readonly #buckets = new Map<string, Bucket>()

  constructor(clock: Clock, limits: RateLimits = defaultRateLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  /** 0: go ahead. Otherwise seconds until the next call is allowed, rounded up. */
  take(caller: string): number {
    const { burst, perSecond } = this.#limits
    const now = this.#clock.monotonic()
    const known = this.#buckets.get(caller)
    const tokens = known ? Math.min(burst, known.tokens + ((now - known.at) / 1000) * perSecond) : burst
    const bucket = known ?? { tokens: 0, at: 0 }
    bucket.tokens = tokens >= 1 ? tokens - 1 : tokens
    bucket.at = now
    this.#buckets.delete(caller)
    this.#buckets.set(caller, bucket)
    if (this.#buckets.size > mostCallers) this.#buckets.delete(this.#buckets.keys().next().value as string)
    return tokens >= 1 ? 0 : Math.ceil((1 - tokens) / perSecond)
  }
}
