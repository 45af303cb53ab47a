import { type Clock, type Log, messageOf, type Timer } from '#kernel'
import type { SiloRecord, SiloStore } from './ports.ts'

/** Operations of a silo's life; the others (rotate, move, restore) are the care's. */
export type LifeOperation = 'provision' | 'start' | 'stop' | 'destroy'

export interface InterruptedParts {
  readonly store: SiloStore
  readonly clock: Clock
  readonly log: Log
  change(id: string, changes: Partial<SiloRecord>): void
  /** Runs the operation in the silo's queue. */
  begin(record: SiloRecord, kind: LifeOperation): Promise<void>
  resumeCare(record: SiloRecord): Promise<void>
}

const resumeAfterMs = 5_000

/** Finishes or undoes operations that a crash interrupted, or that failed and could not even be recorded as failed. */
export class Interrupted {
  readonly #parts: InterruptedParts
  /** Operations that are to be taken up again. */
  readonly #waiting = new Map<string, Timer>()
  #halted = false

  constructor(parts: InterruptedParts) {
    this.#parts = parts
  }

  /** Silos are mended side by side; one that cannot be does not hold the others. */
  async resumeAll(): Promise<void> {
    const { store, log } = this.#parts
    await Promise.all(
      store
        .list()
        .map(record =>
          this.#resume(record).catch(error =>
            log.error({ silo: record.alias, reason: messageOf(error) }, 'silo could not be recovered'),
          ),
        ),
    )
  }

  /** Takes up what the record still says, without a crash, after a moment. */
  resumeLater(id: string): void {
    const { store, clock, log } = this.#parts
    const kind = store.get(id)?.operation?.kind
    if (!kind || !isLife(kind) || this.#halted || this.#waiting.has(id)) return
    const timer = clock.after(resumeAfterMs, () => {
      this.#waiting.delete(id)
      const record = store.get(id)
      if (record?.operation?.kind !== kind) return
      this.#resume(record).catch(error =>
        log.warn(
          { silo: record.alias, operation: kind, reason: messageOf(error) },
          'operation could not be finished',
        ),
      )
    })
    this.#waiting.set(id, timer)
  }

  halt(): void {
    this.#halted = true
    for (const timer of this.#waiting.values()) timer.cancel()
  }

  async #resume(record: SiloRecord): Promise<void> {
    const { begin, change, resumeCare } = this.#parts
    const kind = record.operation?.kind
    if (kind === undefined) {
      if (record.wanted === 'running') await begin(record, 'start')
      return
    }
    if (!isLife(kind)) return resumeCare(record)
    // The wanted state is recorded already; the start is repeated whole.
    if (kind === 'start') change(record.id, { wanted: 'stopped', operation: null })
    await begin(record, kind)
  }
}

function isLife(kind: string): kind is LifeOperation {
  return kind === 'provision' || kind === 'start' || kind === 'stop' || kind === 'destroy'
}
