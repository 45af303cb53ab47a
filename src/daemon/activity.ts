import type { ActivitySink } from '#edge'
import type { Clock } from '#kernel'
import type { AppActivity } from '#silos'

interface Entry {
  at: number
  usedMs: number
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
      const { client, door } = cause
      const clock = this.#clock
      this.#entries.set(app, { at: clock.now(), usedMs: clock.monotonic(), open: 1, client, door })
      return
    }
    this.#mark(entry)
    entry.open++
    entry.client = cause.client
    entry.door = cause.door
  }

  ended(app: string): void {
    const entry = this.#entries.get(app)
    if (!entry) return
    this.#mark(entry)
    entry.open = Math.max(0, entry.open - 1)
  }

  of(app: string): AppActivity | undefined {
    return this.#entries.get(app)
  }

  #mark(entry: Entry): void {
    entry.at = this.#clock.now()
    entry.usedMs = this.#clock.monotonic()
  }
}
