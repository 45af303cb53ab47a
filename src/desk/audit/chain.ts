import { hash } from 'node:crypto'
import { type Log, messageOf } from '#kernel'
import type { AuditHead, AuditStore, StoredAuditRow } from './port.ts'

/** What the first row of all follows. */
export const origin: AuditHead = Object.freeze({ seq: 0, hash: '0'.repeat(64) })

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

/** Why that row is not the one that was written after `before`; undefined: it is. */
export function breakOf(row: StoredAuditRow, before: AuditHead): { seq: number; detail: string } | undefined {
  const expected = before.seq + 1
  if (row.seq !== expected)
    return {
      seq: expected,
      detail: `row ${expected} is missing; row ${row.seq} follows ${before.seq}`,
    }
  if (hashOf(row, before.hash) !== row.hash)
    return { seq: row.seq, detail: `row ${row.seq} is not what was written after row ${before.seq}` }
  return undefined
}

/**
 * Where the next row follows: the mark of the last row, which agrees with that row unless somebody else wrote to the file. Then the chain goes on
 * in a way that leaves the damage visible for good: from the mark where it is ahead, otherwise behind a number that nobody has.
 */
export function headOf(store: AuditStore, log: Log): AuditHead {
  const last = store.list({ limit: 1 })[0]
  let head: AuditHead | undefined
  try {
    head = store.head()
  } catch (error) {
    log.error({ reason: messageOf(error) }, 'the mark of the last audit row cannot be read')
  }
  if (!head && !last) return origin
  if (head && head.seq === last?.seq && head.hash === last.hash) return head
  log.error({ expected: head?.seq ?? null, found: last?.seq ?? 0 }, 'the audit is damaged; see audit verify')
  return head && head.seq >= (last?.seq ?? 0) ? head : { seq: (last?.seq ?? 0) + 1, hash: origin.hash }
}
