import type { AuditHead, AuditStore, StoredAuditRow } from '#desk'
import type { Sealer } from '#engine'
import type { Database } from './database.ts'

const columns =
  'seq, at, call, caller, role, via, operation, silo as silo_id, input, outcome, code, duration_ms, hash'
const headContext = 'audit head'

/** The audit in the state file; its triggers refuse changes, its head is sealed. */
export function createAuditStore(database: Database, sealer: Sealer): AuditStore {
  return {
    append(rows, head) {
      database.transaction(() => {
        for (const row of rows)
          database.run(
            'insert into audit (seq, at, call, caller, role, via, operation, silo, input, outcome, code, duration_ms, hash) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
            row.seq,
            row.at,
            row.call,
            row.caller,
            row.role,
            row.via,
            row.operation,
            row.silo_id,
            row.input,
            row.outcome,
            row.code,
            row.duration_ms,
            row.hash,
          )
        const sealed = sealer.seal(JSON.stringify(head), headContext)
        database.run('insert or replace into audit_head (one, sealed) values (1, ?)', Buffer.from(sealed))
      })
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
      database.all<Row>(`select ${columns} from audit where seq >= ? order by seq limit ?`, seq, limit),
    head() {
      const row = database.get<{ sealed: Uint8Array }>('select sealed from audit_head')
      return row && (JSON.parse(sealer.open(new Uint8Array(row.sealed), headContext)) as AuditHead)
    },
  }
}

type Row = StoredAuditRow & Record<string, unknown>

interface Selection {
  readonly silo?: string
  readonly caller?: string | undefined
  readonly before?: number | undefined
  readonly limit: number
}

function select(database: Database, { silo, caller, before, limit }: Selection): StoredAuditRow[] {
  const wanted = [
    ['silo = ?', silo],
    ['caller = ?', caller],
    ['seq < ?', before],
  ] as const
  const given = wanted.flatMap(([clause, value]) => (value === undefined ? [] : [{ clause, value }]))
  const where = given.length > 0 ? `where ${given.map(({ clause }) => clause).join(' and ')}` : ''
  return database.all<Row>(
    `select ${columns} from audit ${where} order by seq desc limit ?`,
    ...given.map(({ value }) => value),
    limit,
  )
}
