import { hash } from 'node:crypto'
import type { Clock, Log } from '#kernel'
import { HangarError, messageOf } from '#kernel'
import type { AuditFilter, AuditHead, AuditStore, StoredAuditRow } from './audit-port.ts'
import { deskErrors } from './errors.ts'

export type AuditEntry = Omit<StoredAuditRow, 'seq' | 'at' | 'hash'>

export interface AuditFinding {
  readonly ok: boolean
  readonly rows: number
  readonly first_bad: number | null
  readonly detail: string
}

const origin = '0'.repeat(64)
const pageSize = 500
/** Calls that wait for their row to be written; more than a disk that still works ever leaves. */
const mostWaiting = 10_000

/**
 * The audit: rows that each carry a hash over themselves and the hash before. Rows of calls that end in the same moment are written in one
 * transaction, so that a busy desk waits for the disk once for all of them.
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

  /** Resolves when the row is on disk; rejects when it could not be written, and the call it belongs to must fail with it. */
  append(entry: AuditEntry): Promise<void> {
    let batch = this.#batch
    if (!batch) {
      batch = new Batch()
      this.#batch = batch
      setImmediate(() => this.#flush())
    }
    if (batch.rows.length >= mostWaiting) return Promise.reject(deskErrors.auditFailed('too many wait'))
    batch.rows.push({
      seq: 0,
      at: this.#clock.now(),
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
    })
    return batch.written
  }

  #flush(): void {
    const batch = this.#batch as Batch
    this.#batch = undefined
    let { seq, hash: last } = this.#head
    for (const row of batch.rows) {
      row.seq = ++seq
      row.hash = last = hashOf(row, last)
    }
    const head = { seq, hash: last }
    try {
      this.#store.append(batch.rows, head)
    } catch (error) {
      this.#log.error({ reason: messageOf(error) }, 'the audit cannot be written; calls fail')
      batch.fail(
        deskErrors.auditFailed(messageOf(error), error instanceof HangarError ? error.hint : undefined),
      )
      return
    }
    this.#head = head
    batch.done()
  }

  /** Newest first. */
  list(filter: AuditFilter): StoredAuditRow[] {
    return this.#store.list(filter)
  }

  /** Reads the whole audit, a page at a time, and says where its chain breaks. */
  async verify(): Promise<AuditFinding> {
    let before: AuditHead = { seq: 0, hash: origin }
    let rows = 0
    const bad = (seq: number, detail: string): AuditFinding => ({ ok: false, rows, first_bad: seq, detail })
    for (;;) {
      const page = this.#store.from(before.seq + 1, pageSize)
      for (const row of page) {
        if (row.seq !== before.seq + 1)
          return bad(before.seq + 1, `row ${before.seq + 1} is missing; row ${row.seq} follows ${before.seq}`)
        if (hashOf(row, before.hash) !== row.hash)
          return bad(row.seq, `row ${row.seq} is not what was written after row ${before.seq}`)
        before = { seq: row.seq, hash: row.hash }
        rows++
      }
      if (page.length < pageSize) break
      // Long audits are read beside calls, not before them.
      await new Promise(resolve => setImmediate(resolve))
    }
    let head: AuditHead | undefined
    try {
      head = this.#store.head()
    } catch (error) {
      return bad(before.seq, `the mark of the last row was not written by this Hangar: ${messageOf(error)}`)
    }
    if (head && head.seq > before.seq) return bad(before.seq + 1, `rows after ${before.seq} are missing`)
    if ((head?.hash ?? origin) !== before.hash)
      return bad(before.seq, `row ${before.seq} is not the last that was written`)
    return { ok: true, rows, first_bad: null, detail: `${rows} rows, each as it was written` }
  }
}

/** Rows that are written together, and so have one fate. */
class Batch {
  readonly rows: { -readonly [K in keyof StoredAuditRow]: StoredAuditRow[K] }[] = []
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

/**
 * Where the next row follows: the mark of the last row, which agrees with that row unless somebody else wrote to the file. Then the chain goes on
 * in a way that leaves the damage visible for good: from the mark where it is ahead, otherwise behind a number that nobody has.
 */
function headOf(store: AuditStore, log: Log): AuditHead {
  const last = store.list({ limit: 1 })[0]
  let head: AuditHead | undefined
  try {
    head = store.head()
  } catch (error) {
    log.error({ reason: messageOf(error) }, 'the mark of the last audit row cannot be read')
  }
  if (!head && !last) return { seq: 0, hash: origin }
  if (head && head.seq === last?.seq && head.hash === last.hash) return head
  log.error({ expected: head?.seq ?? null, found: last?.seq ?? 0 }, 'the audit is damaged; see audit verify')
  return head && head.seq >= (last?.seq ?? 0) ? head : { seq: (last?.seq ?? 0) + 1, hash: origin }
}

/** Hash of a row behind the row with the hash `before`. */
export function hashOf(row: Omit<StoredAuditRow, 'hash'>, before: string): string {
  const { seq, at, call, caller, role, via, operation, silo_id, input, outcome, code, duration_ms } = row
  const text = JSON.stringify([
    before,
    seq,
    at,
    call,
    caller,
    role,
    via,
    operation,
    silo_id,
    input,
    outcome,
    code,
    duration_ms,
  ])
  return hash('sha256', text, 'hex')
}
