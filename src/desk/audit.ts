import { createHash } from 'node:crypto'
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
  #waiting: { row: Omit<StoredAuditRow, 'seq' | 'hash'>; done(error?: Error): void }[] = []

  constructor(store: AuditStore, clock: Clock, log: Log) {
    this.#store = store
    this.#clock = clock
    this.#log = log
    this.#head = headOf(store, log)
  }

  /** Resolves when the row is on disk; rejects when it could not be written, and the call it belongs to must fail with it. */
  append(entry: AuditEntry): Promise<void> {
    if (this.#waiting.length >= mostWaiting) return Promise.reject(deskErrors.auditFailed('too many wait'))
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#flush())
      this.#waiting.push({
        row: { ...entry, at: this.#clock.now() },
        done: error => (error ? reject(error) : resolve()),
      })
    })
  }

  #flush(): void {
    const waiting = this.#waiting
    this.#waiting = []
    let head = this.#head
    const rows = waiting.map(({ row }) => {
      const seq = head.seq + 1
      const hash = hashOf({ ...row, seq }, head.hash)
      head = { seq, hash }
      return { ...row, seq, hash }
    })
    try {
      this.#store.append(rows, head)
    } catch (error) {
      this.#log.error({ reason: messageOf(error) }, 'the audit cannot be written; calls fail')
      for (const { done } of waiting)
        done(deskErrors.auditFailed(messageOf(error), error instanceof HangarError ? error.hint : undefined))
      return
    }
    this.#head = head
    for (const { done } of waiting) done()
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
  return createHash('sha256').update(text).digest('hex')
}
