import type { Clock } from '#kernel'

const names = ['jwt', 'parse', 'plan', 'transaction', 'response'] as const
type Stage = (typeof names)[number]

/** How long the stages of a request take. Without a clock, nothing is counted. */
export class Timing {
  readonly #clock: Clock | undefined
  readonly #spent = new Map<Stage, number>()
  #last: number

  constructor(clock: Clock | undefined) {
    this.#clock = clock
    this.#last = clock?.monotonic() ?? 0
  }

  /** Counts the time since the last call for this stage. */
  ended(stage: Stage): void {
    if (!this.#clock) return
    const now = this.#clock.monotonic()
    this.#spent.set(stage, (this.#spent.get(stage) ?? 0) + now - this.#last)
    this.#last = now
  }

  /** `jwt;dur=0.3, parse;dur=0.1, …`, in milliseconds. */
  header(): string {
    return names
      .flatMap(name => {
        const spent = this.#spent.get(name)
        return spent === undefined ? [] : [`${name};dur=${spent.toFixed(1)}`]
      })
      .join(', ')
  }
}
