import type { Clock } from '#kernel'
import type { AppActivity, SiloRecord } from './ports.ts'

/**
 * How long silos have been idle, on the monotonic clock: neither a wall clock that is set nor a machine that was asleep itself makes a silo
 * look unused. A start counts as use, and so does the first look after a restart of the daemon.
 */
export class IdleBook {
  readonly #clock: Clock
  /** When each silo's last start was first seen. */
  readonly #starts = new Map<string, { readonly startedAt: number | null; readonly seenMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Milliseconds without activity; 0 while something is open. */
  of(record: SiloRecord, activity: AppActivity | undefined): number {
    const now = this.#clock.monotonic()
    const seenMs = this.#startOf(record, now)
    if (activity && activity.open > 0) return 0
    return now - Math.max(seenMs, activity?.usedMs ?? 0)
  }

  /** Forgets silos that are gone. */
  keep(records: readonly SiloRecord[]): void {
    if (this.#starts.size <= records.length) return
    const ids = new Set(records.map(({ id }) => id))
    for (const id of this.#starts.keys()) if (!ids.has(id)) this.#starts.delete(id)
  }

  #startOf(record: SiloRecord, now: number): number {
    const known = this.#starts.get(record.id)
    if (known && known.startedAt === record.lastStartedAt) return known.seenMs
    this.#starts.set(record.id, { startedAt: record.lastStartedAt, seenMs: now })
    return now
  }
}
