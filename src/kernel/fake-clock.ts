import type { Clock, Timer } from './clock.ts'

/** A clock that moves only when told. `advance` fires due timers in order and lets promises settle between them. */
export class FakeClock implements Clock {
  #now: number
  #timers: { at: number; seq: number; fn: () => void }[] = []
  #seq = 0
  #origin: number

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now
    this.#origin = now
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now - this.#origin
  }

  after(ms: number, fn: () => void): Timer {
    const entry = { at: this.#now + Math.max(0, ms), seq: this.#seq++, fn }
    this.#timers.push(entry)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter(timer => timer !== entry)
      },
    }
  }

  /** Number of timers that wait. */
  get pending(): number {
    return this.#timers.length
  }

  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    await settle()
    for (;;) {
      const next = this.#timers
        .filter(timer => timer.at <= until)
        .sort((a, b) => a.at - b.at || a.seq - b.seq)[0]
      if (!next) break
      this.#timers = this.#timers.filter(timer => timer !== next)
      this.#now = Math.max(this.#now, next.at)
      next.fn()
      await settle()
    }
    this.#now = until
  }
}

/** Lets every promise that can settle without a timer or I/O do so. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve))
}
