import { setImmediate } from 'node:timers/promises'
import type { Clock } from '#kernel'

const sliceMs = 3

/** Long work in slices, so that requests are answered between them. */
export class Slices {
  readonly #clock: Clock
  #until: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#until = clock.monotonic() + sliceMs
  }

  /** Whether the slice is at its end: then `pause` is to be waited for. */
  get isOver(): boolean {
    return this.#clock.monotonic() >= this.#until
  }

  async pause(): Promise<void> {
    await setImmediate()
    this.#until = this.#clock.monotonic() + sliceMs
  }

  async map<T, R>(list: readonly T[], make: (one: T) => R): Promise<R[]> {
    const made: R[] = []
    for (const one of list) {
      made.push(make(one))
      if (this.isOver) await this.pause()
    }
    return made
  }
}
