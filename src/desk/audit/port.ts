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

/** Rows that were written together. */
export interface AuditBlock {
  readonly lastSeq: number
  readonly rows: readonly StoredAuditRow[]
  /** Whether lists by silo and by caller would find them. */
  readonly listed: boolean
}

/** Rows that were moved to a file, and how they hang in the chain. */
export interface AuditArchive {
  /** Name in the folder of archives. */
  readonly file: string
  /** Of the file's bytes. */
  readonly sha256: string
  readonly firstSeq: number
  readonly lastSeq: number
  /** Hash of the row before the first of them. */
  readonly before: string
  /** Hash of the last of them: what the rows that stay follow. */
  readonly hash: string
  /** Milliseconds since 1970. */
  readonly archivedAt: number
}

/** Where the audit is kept. Synchronous but for `append`; what a call wrote is on disk when it returns. Rows are appended and never changed. */
export interface AuditStore {
  /** All of them or none, and the head with them: written when it returns, on disk when its promise resolves. Throws when they cannot be written. */
  append(rows: readonly StoredAuditRow[], head: AuditHead): Promise<void>
  /** Newest first. */
  list(filter: AuditFilter): StoredAuditRow[]
  /** So many blocks in order, from the one on that ends with that row or after it. */
  from(seq: number, limit: number): AuditBlock[]
  /** The head as it was written with the last row; undefined while there is none. Throws when it was not written by us. */
  head(): AuditHead | undefined
  /** In order. Throws when one was not written by us. */
  archives(): AuditArchive[]
  /** Writes that these rows are in a file, and further rows with it, all or nothing. The file must be on disk. */
  archive(archive: AuditArchive, rows: readonly StoredAuditRow[], head: AuditHead): void
  /** Removes so many blocks that are in a file. False: there were none. */
  dropArchived(limit: number): boolean
}
