import type { SiloConnection } from '#contract'
import type { Sealer } from '#engine'
import type { SiloRecord, SiloSecrets, SiloStore } from '#silos'
import type { Database } from './database.ts'

/** Connection records that are kept opened: those of silos that agents ask about. */
const mostConnections = 64

/** Records of silos; in memory too, because they are asked for with every status and every look at the idle times. */
export function createSiloStore(database: Database, sealer: Sealer): SiloStore {
  const records = new Map<string, SiloRecord>()
  // In the order in which they were made, as while Hangar runs.
  const stored = database
    .all<{ data: string }>('select data from silos order by id')
    .map(({ data }) => JSON.parse(data) as SiloRecord)
    .sort((one, other) => one.createdAt - other.createdAt)
  for (const record of stored) records.set(record.id, record)
  const context = (id: string) => `silo ${id}`
  /** Connection records that were asked for, as they are in the file; the oldest go first, and each goes before its silo stops. */
  const connections = new Map<string, SiloConnection>()

  return {
    save(record, options) {
      database.transaction(() => {
        database.run(
          'insert or replace into silos (id, data) values (?, ?)',
          record.id,
          JSON.stringify(record),
        )
        if (record.wanted === 'stopped') database.run('delete from silo_connections where id = ?', record.id)
        if (!records.has(record.id)) database.run("insert or ignore into facts (name) values ('silo made')")
      }, options?.lasting)
      records.set(record.id, record)
      if (record.wanted === 'stopped') connections.delete(record.id)
    },
    get: id => records.get(id),
    list: () => [...records.values()],
    everHadOne: () =>
      records.size > 0 || database.get("select 1 from facts where name = 'silo made'") !== undefined,
    delete(id) {
      database.transaction(() => {
        database.run('delete from silo_connections where id = ?', id)
        database.run('delete from silo_secrets where id = ?', id)
        database.run('delete from silos where id = ?', id)
      })
      connections.delete(id)
      records.delete(id)
    },
    synced: () => database.synced(),
    saveSecrets(id, secrets, options) {
      const sealed = Buffer.from(sealer.seal(JSON.stringify(secrets), context(id)))
      database.transaction(
        () => database.run('insert or replace into silo_secrets (id, sealed) values (?, ?)', id, sealed),
        options?.lasting,
      )
    },
    deleteSecrets: id => database.run('delete from silo_secrets where id = ?', id),
    saveConnection(id, connection) {
      connections.delete(id)
      const sealed = sealer.seal(JSON.stringify(connection), `connection of ${context(id)}`)
      // It can be made again from the record and the secrets at any time.
      database.transaction(
        () =>
          database.run(
            'insert or replace into silo_connections (id, sealed) values (?, ?)',
            id,
            Buffer.from(sealed),
          ),
        false,
      )
    },
    connection(id) {
      const known = connections.get(id)
      if (known) return known
      const row = database.get<{ sealed: Uint8Array }>('select sealed from silo_connections where id = ?', id)
      if (!row) return undefined
      const plain = sealer.open(new Uint8Array(row.sealed), `connection of ${context(id)}`)
      const connection = Object.freeze(JSON.parse(plain) as SiloConnection)
      if (connections.size >= mostConnections) connections.delete(connections.keys().next().value as string)
      connections.set(id, connection)
      return connection
    },
    secrets(id) {
      const row = database.get<{ sealed: Uint8Array }>('select sealed from silo_secrets where id = ?', id)
      return row && (JSON.parse(sealer.open(new Uint8Array(row.sealed), context(id))) as SiloSecrets)
    },
  }
}
