import type { ActivitySink } from '#edge'
import type { Clock } from '#kernel'
import type { AppActivity } from '#silos'

interface Entry {
  at: number
  open: number
  client: string
  door: string
}

/** Last activity of each app, written by the edge on every request and read by whoever decides about sleep. Kept in memory: a restart counts as activity. */
export class ActivityBook implements ActivitySink {
  readonly #entries = new Map<string, Entry>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  began(app: string, cause: { door: string; client: string }): void {
    const entry = this.#entries.get(app)
    if (!entry) {
      this.#entries.set(app, { at: this.#clock.now(), open: 1, client: cause.client, door: cause.door })
      return
    }
    entry.at = this.#clock.now()
    entry.open++
    entry.client = cause.client
    entry.door = cause.door
  }

  ended(app: string): void {
    const entry = this.#entries.get(app)
    if (!entry) return
    entry.at = this.#clock.now()
    entry.open = Math.max(0, entry.open - 1)
  }

  of(app: string): AppActivity | undefined {
    return this.#entries.get(app)
  }
}
