import type { AuditArchive, AuditFilter, AuditHead, AuditStore, StoredAuditRow } from '#desk'
import type { Sealer } from '#engine'
import { callerKey, keysOf, packRows, siloKey, unpackRows } from './audit-blocks.ts'
import type { Database } from './database.ts'

const headContext = 'audit head'
export const archiveContext = (lastSeq: number) => `audit archive ${lastSeq}`
/** Rows of one block; a list reads whole blocks. */
const mostRows = 256
/** Blocks that are read at once. */
const pageBlocks = 16

interface Block extends Record<string, unknown> {
  readonly last_seq: number
  readonly rows: string
}

/** The audit in the state file; its triggers refuse changes, its head and its archives are sealed. */
export function createAuditStore(database: Database, sealer: Sealer): AuditStore {
  function write(rows: readonly StoredAuditRow[], head: AuditHead): void {
    for (let from = 0; from < rows.length; from += mostRows) {
      const block = rows.slice(from, from + mostRows)
      const last = block.at(-1)?.seq ?? 0
      database.run(
        'insert into audit_blocks (last_seq, first_seq, rows) values (?, ?, ?)',
        last,
        block[0]?.seq ?? 0,
        packRows(block),
      )
      for (const key of keysOf(block))
        database.run('insert into audit_keys (key, last_seq) values (?, ?)', key, last)
    }
    const sealed = sealer.seal(JSON.stringify(head), headContext)
    database.run('insert or replace into audit_head (one, sealed) values (1, ?)', Buffer.from(sealed))
  }

  /** Whether that block's rows are found by their silos and callers, too. */
  const isListed = ({ last_seq }: Block, rows: readonly StoredAuditRow[]) =>
    [...keysOf(rows)].every(
      key =>
        database.get('select 1 from audit_keys where key = ? and last_seq = ?', key, last_seq) !== undefined,
    )

  return {
    append(rows, head) {
      database.transaction(() => write(rows, head), false)
      return database.synced()
    },
    list({ silos, ...filter }) {
      if (silos === undefined) return select(database, filter)
      // One look into the index for each silo: a few rows among millions are found without reading those between them.
      return silos
        .flatMap(silo => select(database, { ...filter, silo }))
        .sort((a, b) => b.seq - a.seq)
        .slice(0, filter.limit)
    },
    from: (seq, limit) =>
      database
        .all<Block>(
          'select last_seq, rows from audit_blocks where last_seq >= ? order by last_seq limit ?',
          seq,
          limit,
        )
        .map(block => {
          const rows = unpackRows(block.rows)
          return { lastSeq: block.last_seq, rows, listed: isListed(block, rows) }
        }),
    head() {
      const row = database.get<{ sealed: Uint8Array }>('select sealed from audit_head')
      return row && (JSON.parse(sealer.open(new Uint8Array(row.sealed), headContext)) as AuditHead)
    },
    archives: () =>
      database
        .all<{ last_seq: number; sealed: Uint8Array }>(
          'select last_seq, sealed from audit_archives order by last_seq',
        )
        .map(
          row =>
            JSON.parse(sealer.open(new Uint8Array(row.sealed), archiveContext(row.last_seq))) as AuditArchive,
        ),
    archive(archive, rows, head) {
      const { firstSeq, lastSeq } = archive
      const sealed = sealer.seal(JSON.stringify(archive), archiveContext(lastSeq))
      database.transaction(() => {
        database.run(
          'insert into audit_archives (last_seq, first_seq, sealed) values (?, ?, ?)',
          lastSeq,
          firstSeq,
          Buffer.from(sealed),
        )
        write(rows, head)
      })
    },
    dropArchived(limit) {
      const blocks = database.all<Block>(
        'select last_seq, rows from audit_blocks where last_seq <= (select coalesce(max(last_seq), 0) from audit_archives) order by last_seq limit ?',
        limit,
      )
      if (blocks.length === 0) return false
      database.transaction(() => {
        for (const { last_seq, rows } of blocks) {
          for (const key of keysOf(unpackRows(rows)))
            database.run('delete from audit_keys where key = ? and last_seq = ?', key, last_seq)
          database.run('delete from audit_blocks where last_seq = ?', last_seq)
        }
      })
      return true
    },
  }
}

type Selection = Omit<AuditFilter, 'silos'> & { readonly silo?: string }

/** Newest first, a page of blocks at a time until there are enough. */
function select(database: Database, { silo, caller, before, limit }: Selection): StoredAuditRow[] {
  const found: StoredAuditRow[] = []
  // A block that begins before the number may end after it.
  let below = Number.MAX_SAFE_INTEGER
  const key = silo === undefined ? (caller === undefined ? undefined : callerKey(caller)) : siloKey(silo)
  for (;;) {
    const blocks = blocksBelow(database, key, below, before)
    for (const { rows } of blocks) {
      for (const row of unpackRows(rows).reverse()) {
        if (before !== undefined && row.seq >= before) continue
        if (silo !== undefined && row.silo_id !== silo) continue
        if (caller !== undefined && row.caller !== caller) continue
        found.push(row)
        if (found.length === limit) return found
      }
    }
    const last = blocks.at(-1)
    if (!last || blocks.length < pageBlocks) return found
    below = last.last_seq
  }
}

function blocksBelow(
  database: Database,
  key: string | undefined,
  below: number,
  before: number | undefined,
): Block[] {
  const begins = before ?? Number.MAX_SAFE_INTEGER
  if (key === undefined)
    return database.all<Block>(
      'select last_seq, rows from audit_blocks where last_seq < ? and last_seq < ? order by last_seq desc limit ?',
      below,
      begins + mostRows,
      pageBlocks,
    )
  return database.all<Block>(
    'select b.last_seq, b.rows from audit_keys k join audit_blocks b on b.last_seq = k.last_seq where k.key = ? and k.last_seq < ? and k.last_seq < ? order by k.last_seq desc limit ?',
    key,
    below,
    begins + mostRows,
    pageBlocks,
  )
}
