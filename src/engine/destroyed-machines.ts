import type { Machine } from '#contract'
import type { Clock } from '#kernel'

const keptMs = 3_600_000
const mostKept = 200

/**
 * What was last known of machines that are gone, for a while: flyctl looks at its release command (`auto_destroy`) after that has gone,
 * to learn how it ended. In memory alone: after a crash of the daemon they were never there.
 */
export class DestroyedMachines {
  readonly #clock: Clock
  readonly #kept = new Map<string, { readonly app: string; readonly machine: Machine; readonly at: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(app: string, machine: Machine): void {
    this.#kept.set(machine.id, { app, machine, at: this.#clock.monotonic() })
    for (const [id, { at }] of this.#kept) {
      if (this.#kept.size <= mostKept && this.#clock.monotonic() - at < keptMs) break
      this.#kept.delete(id)
    }
  }

  get(app: string, id: string): Machine | undefined {
    const found = this.#kept.get(id)
    const fresh = found?.app === app && this.#clock.monotonic() - found.at < keptMs
    return fresh ? found.machine : undefined
  }

  of(app: string): Machine[] {
    return [...this.#kept.keys()].flatMap(id => this.get(app, id) ?? [])
  }

  /** With their app. */
  drop(app: string): void {
    for (const [id, kept] of this.#kept) if (kept.app === app) this.#kept.delete(id)
  }
}
