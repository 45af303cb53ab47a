import type {
  AppRecord,
  EventRecord,
  IpRecord,
  MachineRecord,
  MachineStore,
  SecretRecord,
  SnapshotRecord,
  VersionRecord,
  VolumeRecord,
} from '#engine'
import type { Database } from './database.ts'

interface Data {
  data: string
}

/** Events of one machine that are kept, at least; the rest goes with every `trimEvery`th. */
const keptEvents = 50
const trimEvery = 10

/** The engine's memory on disk. */
export function createMachineStore(database: Database): MachineStore {
  const parsed = <T>(rows: Data[]) => rows.map(row => JSON.parse(row.data) as T)
  const save = (table: string, key: string, owner: string, ownerColumn: string, record: object) =>
    database.run(
      `insert or replace into ${table} (id, ${ownerColumn}, data) values (?, ?, ?)`,
      key,
      owner,
      JSON.stringify(record),
    )

  /** Asked with every change of a machine, and never many. */
  const ips = new Map<string, readonly IpRecord[]>()
  /** Events of each machine since its last trimming; the first after a start of the daemon trims. */
  const appended = new Map<string, number>()

  return {
    transaction: (work, options) => database.transaction(work, options?.lasting),
    synced: () => database.synced(),

    apps: () => parsed<AppRecord>(database.all<Data>('select data from apps')),
    saveApp: record =>
      database.run(
        'insert or replace into apps (name, data) values (?, ?)',
        record.name,
        JSON.stringify(record),
      ),
    deleteApp(name) {
      ips.delete(name)
      database.transaction(() => {
        for (const table of ['machine_events', 'machine_versions'])
          database.run(
            `delete from ${table} where machine_id in (select id from machines where app = ?)`,
            name,
          )
        database.run(
          'delete from volume_snapshots where volume_id in (select id from volumes where app = ?)',
          name,
        )
        for (const table of ['machines', 'volumes', 'app_secrets', 'ips', 'fly_releases', 'fly_builds'])
          database.run(`delete from ${table} where app = ?`, name)
        database.run('delete from apps where name = ?', name)
      })
    },

    machines: () => parsed<MachineRecord>(database.all<Data>('select data from machines')),
    saveMachine: record => save('machines', record.id, record.app, 'app', record),
    deleteMachine: id => {
      appended.delete(id)
      database.transaction(() => {
        database.run('delete from machine_events where machine_id = ?', id)
        database.run('delete from machine_versions where machine_id = ?', id)
        database.run('delete from machines where id = ?', id)
      })
    },

    appendEvent(event: EventRecord) {
      database.run(
        'insert into machine_events (machine_id, id, at, data) values (?, ?, ?, ?)',
        event.machineId,
        event.id,
        event.timestamp,
        JSON.stringify(event),
      )
      const count = (appended.get(event.machineId) ?? trimEvery - 1) + 1
      appended.set(event.machineId, count % trimEvery)
      if (count < trimEvery) return
      database.run(
        `delete from machine_events where machine_id = ?1 and id <= (
           select id from machine_events where machine_id = ?1 order by id desc limit 1 offset ${keptEvents})`,
        event.machineId,
      )
    },
    events: (machineId, limit) =>
      parsed<EventRecord>(
        database.all<Data>(
          'select data from machine_events where machine_id = ? order by id desc limit ?',
          machineId,
          limit,
        ),
      ),
    saveVersion: (record: VersionRecord) =>
      database.run(
        'insert or replace into machine_versions (machine_id, instance_id, data) values (?, ?, ?)',
        record.machineId,
        record.instanceId,
        JSON.stringify(record),
      ),
    versions: machineId =>
      parsed<VersionRecord>(
        database.all<Data>(
          'select data from machine_versions where machine_id = ? order by instance_id desc',
          machineId,
        ),
      ),

    volumes: () => parsed<VolumeRecord>(database.all<Data>('select data from volumes')),
    saveVolume: record => save('volumes', record.id, record.app, 'app', record),
    deleteVolume: id =>
      database.transaction(() => {
        database.run('delete from volume_snapshots where volume_id = ?', id)
        database.run('delete from volumes where id = ?', id)
      }),
    snapshots: volumeId =>
      parsed<SnapshotRecord>(
        database.all<Data>('select data from volume_snapshots where volume_id = ?', volumeId),
      ).sort((a, b) => a.createdAt - b.createdAt),
    saveSnapshot: record => save('volume_snapshots', record.id, record.volumeId, 'volume_id', record),

    secrets: app =>
      database
        .all<Data & { sealed: Uint8Array }>('select sealed, data from app_secrets where app = ?', app)
        .map(row => ({
          ...(JSON.parse(row.data) as Omit<SecretRecord, 'sealed'>),
          sealed: new Uint8Array(row.sealed),
        })),
    saveSecret({ sealed, ...record }) {
      database.run(
        'insert or replace into app_secrets (app, name, sealed, data) values (?, ?, ?, ?)',
        record.app,
        record.name,
        Buffer.from(sealed),
        JSON.stringify(record),
      )
    },
    deleteSecret: (app, name) =>
      database.run('delete from app_secrets where app = ? and name = ?', app, name),

    ips(app) {
      const known =
        ips.get(app) ?? parsed<IpRecord>(database.all<Data>('select data from ips where app = ?', app))
      ips.set(app, known)
      return known
    },
    saveIp(record) {
      ips.delete(record.app)
      database.run(
        'insert or replace into ips (app, ip, data) values (?, ?, ?)',
        record.app,
        record.ip,
        JSON.stringify(record),
      )
    },
    deleteIp(app, ip) {
      ips.delete(app)
      database.run('delete from ips where app = ? and ip = ?', app, ip)
    },

    ports: () => database.all<{ key: string; port: number }>('select key, port from ports'),
    // What is then told of a port is written for good, and this with it.
    savePort: (key, port) =>
      database.transaction(
        () => database.run('insert or replace into ports (key, port) values (?, ?)', key, port),
        false,
      ),
    deletePort: key => database.run('delete from ports where key = ?', key),
  }
}
