import type { Sealer } from '#engine'
import type { CareStore, Grave, LeaseRecord, SiloSecrets } from '#silos'
import type { Database } from './database.ts'

interface Sealed {
  readonly data: string
  readonly sealed: Uint8Array
}

/** What sealed values are bound to; rekey needs the same. */
export const leaseContext = (id: string) => `lease ${id}`
export const graveContext = (key: string) => `grave ${key}`

/** Leases and destroyed silos. Leases are in memory too: they are looked at once a second. */
export function createCareStore(database: Database, sealer: Sealer): CareStore {
  const leases = new Map<string, LeaseRecord>()
  for (const { data, sealed } of database.all<Sealed & Record<string, unknown>>(
    'select data, sealed from silo_leases order by id',
  )) {
    const lease = JSON.parse(data) as Omit<LeaseRecord, 'verifier'>
    leases.set(lease.id, { ...lease, verifier: sealer.open(new Uint8Array(sealed), leaseContext(lease.id)) })
  }

  return {
    saveLease(lease) {
      const { verifier, ...data } = lease
      database.run(
        'insert or replace into silo_leases (id, silo, data, sealed) values (?, ?, ?, ?)',
        lease.id,
        lease.siloId,
        JSON.stringify(data),
        Buffer.from(sealer.seal(verifier, leaseContext(lease.id))),
      )
      leases.set(lease.id, lease)
    },
    leases: () => [...leases.values()],
    deleteLease(id) {
      database.run('delete from silo_leases where id = ?', id)
      leases.delete(id)
    },

    saveGrave(grave, secrets) {
      database.run(
        'insert or replace into silo_graves (key, destroyed_at, data, sealed) values (?, ?, ?, ?)',
        grave.key,
        grave.destroyedAt,
        JSON.stringify(grave),
        Buffer.from(sealer.seal(JSON.stringify(secrets), graveContext(grave.key))),
      )
    },
    graves: () =>
      database
        .all<{ data: string }>('select data from silo_graves order by destroyed_at desc')
        .map(({ data }) => JSON.parse(data) as Grave),
    graveSecrets(key) {
      const row = database.get<{ sealed: Uint8Array }>('select sealed from silo_graves where key = ?', key)
      return row && (JSON.parse(sealer.open(new Uint8Array(row.sealed), graveContext(key))) as SiloSecrets)
    },
    deleteGrave: key => database.run('delete from silo_graves where key = ?', key),
  }
}
