import type { Clock, Timer } from './clock.ts'

/** A clock that moves only when told. `advance` fires due timers in order and lets promises settle between them. */
export class FakeClock implements Clock {
  /** Time that has passed; timers and durations go by it. */
  #elapsed = 0
  /** What the wall clock shows at an elapsed time of 0. */
  #wall: number
  #timers: { at: number; seq: number; fn: () => void }[] = []
  #seq = 0

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#wall = now
  }

  now(): number {
    return this.#wall + this.#elapsed
  }

  monotonic(): number {
    return this.#elapsed
  }

  /** Sets the wall clock forwards or back, as an administrator or a time server does; no time passes. */
  jump(ms: number): void {
    this.#wall += ms
  }

  after(ms: number, fn: () => void): Timer {
    const entry = { at: this.#elapsed + Math.max(0, ms), seq: this.#seq++, fn }
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
    const until = this.#elapsed + ms
    await settle()
    for (;;) {
      const next = this.#timers
        .filter(timer => timer.at <= until)
        .sort((a, b) => a.at - b.at || a.seq - b.seq)[0]
      if (!next) break
      this.#timers = this.#timers.filter(timer => timer !== next)
      this.#elapsed = Math.max(this.#elapsed, next.at)
      next.fn()
      await settle()
    }
    this.#elapsed = until
  }
}

/** Lets every promise that can settle without a timer or I/O do so. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve))
}
