import type { MachineEvent } from '#contract'
import { type Clock, ulid } from '#kernel'
import { engineErrors } from './errors.ts'
import type { EventRecord, MachineRecord } from './records.ts'
import type { MachineStore } from './store-port.ts'
import { type MachineAction, nextState } from './transitions.ts'

export type EventSource = MachineEvent['source']

/** A machine's record: every change is in the store before anybody hears of it. */
export class MachineLedger {
  #record: MachineRecord
  readonly #store: MachineStore
  readonly #clock: Clock
  readonly #onChange: (record: MachineRecord) => void
  readonly #redact: <T>(value: T) => T
  readonly #watchers = new Set<(record: MachineRecord) => void>()

  constructor(
    record: MachineRecord,
    options: {
      store: MachineStore
      clock: Clock
      onChange(record: MachineRecord): void
      redact<T>(value: T): T
    },
  ) {
    this.#record = record
    this.#store = options.store
    this.#clock = options.clock
    this.#onChange = options.onChange
    this.#redact = options.redact
  }

  get record(): MachineRecord {
    return this.#record
  }

  /** Calls `watcher` after every change until the returned function is called. */
  watch(watcher: (record: MachineRecord) => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** A change that is no transition: cordon, lease, metadata. */
  patch(change: Partial<MachineRecord>): void {
    this.#record = { ...this.#record, ...change, updatedAt: this.#clock.now() }
    this.#store.saveMachine(this.#record)
    this.announce()
  }

  /** Goes to the next state, or throws when the action is not allowed in this one. */
  transition(
    action: MachineAction,
    type: string,
    source: EventSource,
    status: string,
    change: Partial<MachineRecord> = {},
    request?: Record<string, unknown>,
  ): void {
    const next = nextState(this.#record.state, action)
    if (next === undefined) throw engineErrors.transition(this.#record.id, action, this.#record.state)
    this.#store.transaction(() =>
      this.write(
        { ...this.#record, updatedAt: this.#clock.now(), ...change, state: next },
        type,
        source,
        status,
        request,
      ),
    )
    this.announce()
  }

  /** Within a transaction of the caller. */
  write(
    record: MachineRecord,
    type: string,
    source: EventSource,
    status: string,
    request?: Record<string, unknown>,
  ): void {
    const now = this.#clock.now()
    const event: EventRecord = {
      id: ulid(now),
      machineId: record.id,
      type,
      status,
      source,
      timestamp: now,
      ...(request ? { request: this.#redact(request) } : {}),
    }
    this.#store.saveMachine(record)
    this.#store.appendEvent(event)
    this.#record = record
  }

  announce(): void {
    this.#onChange(this.#record)
    for (const watcher of [...this.#watchers]) watcher(this.#record)
  }
}
