/**
 * Tokens per key: each key may spend `burst` at once and gets `perSecond` back. Memory is bounded: keys that are full again are dropped,
 * and beyond `maxKeys` the one unused for longest goes.
 */
export class Buckets {
  readonly #perSecond: number
  readonly #burst: number
  readonly #maxKeys: number
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>()

  constructor(options: { readonly perSecond: number; readonly burst: number; readonly maxKeys?: number }) {
    this.#perSecond = options.perSecond
    this.#burst = options.burst
    this.#maxKeys = options.maxKeys ?? 20_000
  }

  /** Whether there was a token for the key; takes it. */
  take(key: string, nowMs: number): boolean {
    const known = this.#buckets.get(key)
    const tokens = known
      ? Math.min(this.#burst, known.tokens + (Math.max(0, nowMs - known.atMs) / 1000) * this.#perSecond)
      : this.#burst
    const allowed = tokens >= 1
    // Set anew, so that the map is in the order of use.
    this.#buckets.delete(key)
    this.#buckets.set(key, { tokens: allowed ? tokens - 1 : tokens, atMs: nowMs })
    if (this.#buckets.size > this.#maxKeys) {
      const oldest = this.#buckets.keys().next()
      if (!oldest.done) this.#buckets.delete(oldest.value)
    }
    return allowed
  }

  /** A token that was taken for nothing comes back. */
  giveBack(key: string): void {
    const known = this.#buckets.get(key)
    if (known) known.tokens = Math.min(this.#burst, known.tokens + 1)
  }
}

/** So many events per window of time. */
export class Window {
  readonly #events: number
  readonly #windowMs: number
  #startMs = Number.NEGATIVE_INFINITY
  #spent = 0

  constructor(options: { readonly events: number; readonly windowMs: number }) {
    this.#events = options.events
    this.#windowMs = options.windowMs
  }

  take(nowMs: number): boolean {
    if (nowMs - this.#startMs >= this.#windowMs) {
      this.#startMs = nowMs
      this.#spent = 0
    }
    if (this.#spent >= this.#events) return false
    this.#spent++
    return true
  }
}
