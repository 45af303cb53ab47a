import { join } from 'node:path'
import { type Clock, HangarError, messageOf, ulid } from '#kernel'
import { deskErrors } from '../errors.ts'
import { digestOfFile, writeArchive } from './archive-file.ts'
import type { Audit } from './audit.ts'
import { breakOf, origin } from './chain.ts'
import type { AuditArchive, AuditBlock, AuditHead, AuditStore, StoredAuditRow } from './port.ts'

const pageBlocks = 64

/** Which rows go: all that are older than a time, and all but so many. */
export interface ArchiveWish {
  /** Milliseconds since 1970. */
  readonly before: number
  readonly keepRows?: number | undefined
}

/**
 * Moves old rows to files, a file per month (UTC). Each file is whole on disk before a row of the chain and a sealed record say that it
 * holds those rows, and these are written before the rows go. Broken off anywhere, nothing is lost and the next run finishes it.
 */
export class AuditArchiver {
  readonly #parts: ArchiverParts
  #busy = false

  constructor(parts: ArchiverParts) {
    this.#parts = parts
  }

  /** The files that were made, oldest rows first. Throws when another run is under way, or the audit is damaged where it would be cut. */
  async run(wish: ArchiveWish): Promise<AuditArchive[]> {
    return this.without(async () => {
      await this.finish()
      const made: AuditArchive[] = []
      // The rows that tell of archives stay for the next run: otherwise each file would ask for another.
      const newest = this.#parts.audit.head.seq
      for (;;) {
        const archive = await this.#next(wish, newest)
        if (!archive) return made
        made.push(archive)
        await this.finish()
      }
    })
  }

  /** Does something while no rows are moved. Throws when some are. */
  async without<T>(work: () => Promise<T>): Promise<T> {
    if (this.#busy) throw deskErrors.archiving()
    this.#busy = true
    try {
      return await work()
    } finally {
      this.#busy = false
    }
  }

  /** Removes rows that are in a file; also those that a run left which was broken off. */
  async finish(): Promise<void> {
    while (this.#parts.store.dropArchived(pageBlocks)) await turn()
  }

  async #next(wish: ArchiveWish, newest: number): Promise<AuditArchive | undefined> {
    const { store, audit, folder, clock } = this.#parts
    const start = lastArchived(store.archives())
    const plan = planOf(store, start, wish, newest)
    if (!plan) return undefined
    const { month, last } = plan
    const firstSeq = start.seq + 1
    const file = `audit-${month}-${firstSeq}-${last.seq}.jsonl.gz`
    const path = join(folder, file)
    try {
      await writeArchive(path, rowsOf(store, start, last.seq))
    } catch (error) {
      throw error instanceof HangarError ? error : deskErrors.archiveFailed(folder, messageOf(error))
    }
    const archive: AuditArchive = {
      file,
      sha256: await digestOfFile(path),
      firstSeq,
      lastSeq: last.seq,
      before: start.hash,
      hash: last.hash,
      archivedAt: clock.now(),
    }
    audit.archive(archive, anchorOf(archive, clock))
    return archive
  }
}

interface ArchiverParts {
  readonly store: AuditStore
  readonly audit: Audit
  /** Where the files go. */
  readonly folder: string
  readonly clock: Clock
}

/** What the first row follows that is in no file. */
export function lastArchived(archives: readonly AuditArchive[]): AuditHead {
  const last = archives.at(-1)
  return last ? { seq: last.lastSeq, hash: last.hash } : origin
}

/** How far the next file goes: whole blocks of one month, all of them to be moved. */
function planOf(
  store: AuditStore,
  start: AuditHead,
  { before, keepRows }: ArchiveWish,
  newest: number,
): { month: string; last: StoredAuditRow } | undefined {
  let month: string | undefined
  let last: StoredAuditRow | undefined
  for (const { rows } of blocksFrom(store, start.seq + 1)) {
    const [first] = rows
    const end = rows.at(-1)
    if (!first || !end || end.seq > newest) break
    const isOld = rows.every(({ at }) => at < before)
    const isTooMany = keepRows !== undefined && newest - end.seq >= keepRows
    if (!isOld && !isTooMany) break
    const its = new Date(first.at).toISOString().slice(0, 'yyyy-mm'.length)
    month ??= its
    if (its !== month) break
    last = end
  }
  return month !== undefined && last ? { month, last } : undefined
}

/** Checked on the way: a damage must not be moved to where it looks whole. */
function* rowsOf(store: AuditStore, start: AuditHead, lastSeq: number): Generator<StoredAuditRow> {
  let before = start
  for (const { rows } of blocksFrom(store, start.seq + 1))
    for (const row of rows) {
      if (row.seq > lastSeq) return
      const broken = breakOf(row, before)
      if (broken) throw deskErrors.archiveDamaged(broken.detail)
      before = { seq: row.seq, hash: row.hash }
      yield row
    }
}

export function* blocksFrom(store: AuditStore, seq: number): Generator<AuditBlock> {
  for (let from = seq; ; ) {
    const page = store.from(from, pageBlocks)
    yield* page
    const last = page.at(-1)
    if (!last || page.length < pageBlocks) return
    from = last.lastSeq + 1
  }
}

/** The row of the chain that says which rows are in which file. */
function anchorOf({ file, sha256, firstSeq, lastSeq, hash }: AuditArchive, clock: Clock) {
  return {
    call: ulid(clock.now()),
    caller: 'operator',
    role: 'operator',
    via: 'socket',
    operation: 'audit.archive',
    silo_id: null,
    input: JSON.stringify({ file, sha256, first_seq: firstSeq, last_seq: lastSeq, hash }),
    outcome: 'ok',
    code: null,
    duration_ms: 0,
  } as const
}

function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
