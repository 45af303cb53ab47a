import { type Clock, Limiter } from '#kernel'

/** The answer that somebody waits for has left by then, as a rule. */
const pauseMs = 25
/** Longest wait, however much goes on. */
const longestMs = 1000
/** Silos whose remaining parts start side by side. */
const atOnce = 4

/** Does a task when it is calm. */
export type Afterwards = (task: () => Promise<void>) => Promise<void>

/**
 * Keeps what nobody waits for yet behind what somebody waits for, over all silos: forty that wake together first answer forty requests,
 * and then start what these did not ask for.
 */
export class Calm {
  readonly #clock: Clock
  readonly #limiter = new Limiter(atOnce)
  readonly #under = new Set<string>()
  /** Those of them that are not to wait. */
  readonly #hurried = new Set<string>()
  readonly #waiting = new Map<string, () => void>()
  #urgent = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Runs the urgent work of one silo; what is handed to `afterwards` counts as urgent no longer. */
  async during(id: string, work: (afterwards: Afterwards) => Promise<void>): Promise<void> {
    let isUrgent = true
    const relax = () => {
      if (isUrgent) this.#urgent--
      isUrgent = false
    }
    this.#urgent++
    this.#under.add(id)
    try {
      await work(async task => {
        relax()
        await this.#untilCalm(id)
        await this.#limiter.run(task)
      })
    } finally {
      relax()
      this.#under.delete(id)
      this.#hurried.delete(id)
    }
  }

  /** Somebody waits for more of that silo than what is first. Without effect when nothing of it is under way. */
  hurry(id: string): void {
    if (!this.#under.has(id)) return
    this.#hurried.add(id)
    this.#waiting.get(id)?.()
  }

  async #untilCalm(id: string): Promise<void> {
    const until = this.#clock.monotonic() + longestMs
    do await this.#pause(id)
    while (this.#urgent > 0 && !this.#hurried.has(id) && this.#clock.monotonic() < until)
  }

  #pause(id: string): Promise<void> {
    if (this.#hurried.has(id)) return Promise.resolve()
    return new Promise(resolve => {
      const end = () => {
        timer.cancel()
        this.#waiting.delete(id)
        resolve()
      }
      const timer = this.#clock.after(pauseMs, end)
      this.#waiting.set(id, end)
    })
  }
}
