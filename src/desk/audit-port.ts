import type { AuditRow } from '#contract'

export interface StoredAuditRow extends Omit<AuditRow, 'at'> {
  /** Milliseconds since 1970. */
  readonly at: number
}

export interface AuditHead {
  readonly seq: number
  readonly hash: string
}

export interface AuditFilter {
  readonly caller?: string | undefined
  /** Of these silos only. */
  readonly silos?: readonly string[] | undefined
  readonly before?: number | undefined
  readonly limit: number
}

/** Where the audit is kept. Synchronous; what a call wrote is on disk when it returns. Rows are appended and never changed. */
export interface AuditStore {
  /** All of them or none, and the head with them. */
  append(rows: readonly StoredAuditRow[], head: AuditHead): void
  /** Newest first. */
  list(filter: AuditFilter): StoredAuditRow[]
  /** In order, from that number on. */
  from(seq: number, limit: number): StoredAuditRow[]
  /** The head as it was written with the last row; undefined while there is none. Throws when it was not written by us. */
  head(): AuditHead | undefined
}
