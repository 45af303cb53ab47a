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
    list({ caller, silos, before, limit }) {
      const where: string[] = []
      const values: (string | number)[] = []
      if (caller !== undefined) {
        where.push('caller = ?')
        values.push(caller)
      }
      if (before !== undefined) {
        where.push('seq < ?')
        values.push(before)
      }
      if (silos !== undefined) {
        where.push('silo in (select value from json_each(?))')
        values.push(JSON.stringify(silos))
      }
      const filter = where.length ? `where ${where.join(' and ')}` : ''
      return database.all<Row>(
        `select ${columns} from audit ${filter} order by seq desc limit ?`,
        ...values,
        limit,
      )
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
