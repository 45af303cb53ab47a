import type { MachineEvent } from '#contract'
import { type Clock, type Timer, ulidAfter } from '#kernel'
import { engineErrors } from './errors.ts'
import type { EventRecord, MachineRecord } from './records.ts'
import type { MachineStore } from './store-port.ts'
import { type MachineAction, nextState } from './transitions.ts'

export type EventSource = MachineEvent['source']

/**
 * Whether something runs. The disk is not waited for: a crash of the daemon loses nothing of it, and after a power failure nothing runs that it
 * could speak of. Whoever asked for it is told when it is on disk all the same (`waitingCalls`).
 */
const running: ReadonlySet<MachineAction> = new Set([
  'start',
  'started',
  'suspend',
  'suspended',
  'stop',
  'stopped',
])

/**
 * What has already happened to a machine. When it cannot be written (the disk is full), the machine goes on all the same and the record is
 * written as soon as it can be: a daemon that starts with the older record finds out the same, because it asks what really runs.
 */
const facts: ReadonlySet<MachineAction> = new Set([
  'started',
  'start-failed',
  'stopped',
  'suspended',
  'exited',
  'give-up',
  'updated',
  'destroyed',
])
const retryMs = 1000

/** A machine's record: every change is in the store before anybody hears of it. */
export class MachineLedger {
  #record: MachineRecord
  /** Newest event; later ones must sort after it. Undefined until it was looked up. */
  #lastEventId: string | undefined
  /** Set while the store is behind the record. */
  #retry: Timer | undefined
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

  /** Id of its newest event; empty while it has none. */
  get lastEventId(): string {
    this.#lastEventId ??= this.#store.events(this.#record.id, 1)[0]?.id ?? ''
    return this.#lastEventId
  }

  /** Calls `watcher` after every change until the returned function is called. */
  watch(watcher: (record: MachineRecord) => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** A change that is no transition: cordon, lease, metadata. */
  patch(change: Partial<MachineRecord>): void {
    const changed = { ...this.#record, ...change, updatedAt: this.#clock.now() }
    this.#store.saveMachine(changed)
    this.#record = changed
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
    const changed = { ...this.#record, updatedAt: this.#clock.now(), ...change, state: next }
    try {
      this.commit(() => this.write(changed, type, source, status, request), !running.has(action))
    } catch (error) {
      if (!facts.has(action)) throw error
      this.#record = changed
      this.#writeLater()
    }
    this.announce()
  }

  /** A transaction; when it cannot be written, the record is what it was. */
  commit(work: () => void, lasting = true): void {
    const before = this.#record
    const lastEventId = this.#lastEventId
    try {
      this.#store.transaction(work, { lasting })
    } catch (error) {
      this.#record = before
      this.#lastEventId = lastEventId
      throw error
    }
  }

  /** Ends what is still to be written, with a last attempt. */
  close(): void {
    if (!this.#retry) return
    this.#retry.cancel()
    this.#retry = undefined
    try {
      this.#store.saveMachine(this.#record)
    } catch {
      // The next start finds out what really runs.
    }
  }

  #writeLater(): void {
    this.#retry ??= this.#clock.after(retryMs, () => {
      this.#retry = undefined
      try {
        if (this.#record.state !== 'destroyed') this.#store.saveMachine(this.#record)
      } catch {
        this.#writeLater()
      }
    })
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
    const id = ulidAfter(this.lastEventId, now)
    const event: EventRecord = {
      id,
      machineId: record.id,
      type,
      status,
      source,
      timestamp: now,
      ...(request ? { request: this.#redact(request) } : {}),
    }
    this.#store.saveMachine(record)
    this.#store.appendEvent(event)
    this.#lastEventId = id
    this.#record = record
  }

  announce(): void {
    this.#onChange(this.#record)
    for (const watcher of [...this.#watchers]) watcher(this.#record)
  }
}
