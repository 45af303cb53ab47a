/** At most `limit` tasks at once; the rest wait in order. */
export class Limiter {
  #running = 0
  #waiting: (() => void)[] = []
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limit) await new Promise<void>(resolve => this.#waiting.push(resolve))
    else this.#running++
    try {
      return await task()
    } finally {
      const next = this.#waiting.shift()
      // The place is handed over, not freed, so a newcomer cannot overtake.
      if (next) next()
      else this.#running--
    }
  }

  get waiting(): number {
    return this.#waiting.length
  }
}
