import type { Clock, Log } from '#kernel'
import { HangarError, messageOf } from '#kernel'
import { deskErrors } from '../errors.ts'
import { hashOf, headOf } from './chain.ts'
import type { AuditArchive, AuditFilter, AuditHead, AuditStore, StoredAuditRow } from './port.ts'

export type AuditEntry = Omit<StoredAuditRow, 'seq' | 'at' | 'hash'>

/** Calls that wait for their row to be written; more than a disk that still works ever leaves. */
const mostWaiting = 10_000
/** Turns of the event loop for which a batch may grow before it is written. */
const mostTurns = 8
/** Rows with which a batch is large enough: while it is on its way to the disk, the next calls are worked on. */
const largeBatch = 32

/**
 * The audit: rows that each carry a hash over themselves and the hash before. Rows of calls that end at about the same time are written in one
 * transaction, so that a busy desk waits for the disk once for all of them: a batch is written when a turn of the event loop brings no more.
 */
export class Audit {
  readonly #store: AuditStore
  readonly #clock: Clock
  readonly #log: Log
  #head: AuditHead
  #batch: Batch | undefined

  constructor(store: AuditStore, clock: Clock, log: Log) {
    this.#store = store
    this.#clock = clock
    this.#log = log
    this.#head = headOf(store, log)
  }

  /** Number and hash of the last row that is written. */
  get head(): AuditHead {
    return this.#head
  }

  /** Resolves when the row is on disk; rejects when it could not be written, and the call it belongs to must fail with it. */
  append(entry: AuditEntry): Promise<void> {
    let batch = this.#batch
    if (!batch) {
      batch = new Batch()
      this.#batch = batch
      const opened = batch
      setImmediate(() => this.#turn(opened, 0, 0))
    }
    if (batch.rows.length >= mostWaiting) return Promise.reject(deskErrors.auditFailed('too many wait'))
    batch.rows.push(rowOf(entry, this.#clock.now()))
    return batch.written
  }

  /** Writes, in one transaction, that rows are in a file, and a row of the chain that says so. Throws when it cannot be written. */
  archive(archive: AuditArchive, entry: AuditEntry): void {
    if (this.#batch) this.#flush(this.#batch)
    const rows = [rowOf(entry, this.#clock.now())]
    const head = chained(rows, this.#head)
    try {
      this.#store.archive(archive, rows, head)
    } catch (error) {
      throw failed(error)
    }
    this.#head = head
  }

  #turn(batch: Batch, turn: number, before: number): void {
    // Written with something that could not wait.
    if (this.#batch !== batch) return
    const { length } = batch.rows
    if (length > before && turn < mostTurns && length < largeBatch)
      setImmediate(() => this.#turn(batch, turn + 1, length))
    else this.#flush(batch)
  }

  #flush(batch: Batch): void {
    this.#batch = undefined
    const head = chained(batch.rows, this.#head)
    const fail = (error: unknown) => {
      this.#log.error({ reason: messageOf(error) }, 'the audit cannot be written; calls fail')
      batch.fail(failed(error))
    }
    try {
      const onDisk = this.#store.append(batch.rows, head)
      // Later rows follow these, also while these are on their way to the disk.
      this.#head = head
      onDisk.then(batch.done, fail)
    } catch (error) {
      fail(error)
    }
  }

  /** Newest first; rows that were moved to files are not among them. */
  list(filter: AuditFilter): StoredAuditRow[] {
    return this.#store.list(filter)
  }
}

type Draft = { -readonly [K in keyof StoredAuditRow]: StoredAuditRow[K] }

/** Numbers and hashes rows that follow `head`. The new head. */
function chained(rows: readonly Draft[], head: AuditHead): AuditHead {
  let { seq, hash: last } = head
  for (const row of rows) {
    row.seq = ++seq
    row.hash = last = hashOf(row, last)
  }
  return { seq, hash: last }
}

/** Written out, in this order: all rows have the same form for the engine that runs us. */
function rowOf(entry: AuditEntry, at: number): Draft {
  return {
    seq: 0,
    at,
    call: entry.call,
    caller: entry.caller,
    role: entry.role,
    via: entry.via,
    operation: entry.operation,
    silo_id: entry.silo_id,
    input: entry.input,
    outcome: entry.outcome,
    code: entry.code,
    duration_ms: entry.duration_ms,
    hash: '',
  }
}

function failed(error: unknown): HangarError {
  return deskErrors.auditFailed(messageOf(error), error instanceof HangarError ? error.hint : undefined)
}

class Batch {
  readonly rows: Draft[] = []
  readonly written: Promise<void>
  done!: () => void
  fail!: (error: Error) => void

  constructor() {
    this.written = new Promise((resolve, reject) => {
      this.done = resolve
      this.fail = reject
    })
  }
}
