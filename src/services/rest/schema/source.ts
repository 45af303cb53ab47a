import { type Clock, codeOf, type Log, messageOf, SingleFlight } from '#kernel'
import { configurationMark, type RoleSettings, readConfiguration } from '../database/configuration.ts'
import type { Connection } from '../database/connection.ts'
import type { Database } from '../database/database.ts'
import { RestError, restErrors } from '../errors.ts'
import type { DatabaseSettings, RestSettings } from '../settings.ts'
import { schemaVersion } from '../sql/scope.ts'
import type { Schema } from './cache.ts'
import { loadSchema } from './load.ts'
import type { Remembered, Snapshot } from './snapshot.ts'
import { summaryOf } from './summary.ts'

export interface SchemaSourceOptions {
  readonly database: Database
  /** Settings without what the database says. */
  base(): RestSettings
  /** Settings with what the database says. */
  settingsWith(inDatabase: DatabaseSettings): RestSettings
  readonly snapshot: Snapshot
  readonly onLoad: (milliseconds: number | undefined) => void
  readonly clock: Clock
  readonly log: Log
}

/** A schema, the settings that hold with it, and what tells whether it still is so. */
export interface KnownSchema {
  readonly schema: Schema
  readonly settings: RestSettings
  readonly roles: ReadonlyMap<string, RoleSettings>
  /** Counts up with every change of the schema; undefined in a database that does not count. */
  readonly version: string | undefined
}

interface Kept extends KnownSchema {
  /** False when something was under way while it was read: its change is counted already, but was not seen. */
  readonly settled: boolean
}

/**
 * The schema as it was read last: from the snapshot of the last run when the database says that nothing changed since, otherwise from its
 * catalogue. The database counts changes (extensions.pgrst_schema_version); each request's transaction looks at the counter first, so
 * that nothing is ever done for a schema that has changed. It also says so when a change is committed (NOTIFY pgrst).
 */
export class SchemaSource {
  readonly #options: SchemaSourceOptions
  readonly #loading = new SingleFlight<'', Kept>()
  #kept: Kept | undefined
  /** Those that were read last. */
  #settings: RestSettings | undefined
  /** Counts what was heard, so that a reading that began before is not kept. */
  #heard = 0

  constructor(options: SchemaSourceOptions) {
    this.#options = options
  }

  /** What was read last, if it is still believed. */
  get current(): KnownSchema | undefined {
    return this.#kept
  }

  /** What was read last, if it need not be read now. */
  get present(): KnownSchema | undefined {
    // What was unsettled is told by a notification, which nobody hears while no connection is open.
    const isHeard = this.#kept?.settled || !this.#options.database.isAlone
    return isHeard ? this.#kept : undefined
  }

  async get(): Promise<KnownSchema> {
    return this.present ?? this.#read(undefined)
  }

  /** Reads again unless `known` has been replaced meanwhile, or is certainly still so. */
  async newerThan(known: KnownSchema): Promise<KnownSchema> {
    if (this.#kept && this.#kept !== known) return this.#kept
    return this.#read(known)
  }

  /** To be called when the database says that something has changed. */
  readonly forget = (): void => {
    this.#heard++
    this.#kept = undefined
  }

  async #read(known: KnownSchema | undefined): Promise<Kept> {
    const { database } = this.#options
    try {
      return await this.#loading.run('', () => database.use(connection => this.#load(connection, known)))
    } catch (error) {
      this.#options.onLoad(undefined)
      if (this.#kept && error instanceof RestError) throw error
      throw restErrors.noSchema(error)
    }
  }

  async #load(connection: Connection, known: KnownSchema | undefined): Promise<Kept> {
    const { snapshot, log, clock, onLoad } = this.#options
    const base = this.#options.base()
    const heard = this.#heard
    const started = clock.monotonic()
    const now = await stateOf(connection)
    const version = now?.version
    const kept = this.#kept
    if (version !== undefined && kept && kept === known && kept.settled && kept.version === version)
      return kept
    // What another run knew is asked at the beginning alone: what is told later is about what only the catalogue knows.
    const remembered = this.#settings || known || !now ? undefined : snapshot.read()
    // What a function sets is known when it has run.
    const isConfigured = remembered?.configured === now?.configured && !base.preConfig
    const configuration =
      (isConfigured && remembered?.configuration) || (await readConfiguration(connection, base))
    const { settings: inDatabase, roles } = configuration
    const settings = inDatabase.size === 0 ? base : this.#settingsWith(inDatabase)
    const schemas = [...settings.schemas, '', ...settings.extraSearchPath]
    const found = { settings, roles, version }
    const remember = (state: State, schema: Schema) =>
      snapshot
        .write({ ...state, schema, schemas, configuration })
        .catch(error => log.warn({ reason: messageOf(error) }, 'the schema could not be kept'))
    if (now && remembered && isStillSo(remembered, now, schemas)) {
      const { schema } = remembered
      if (remembered.configured !== now.configured) void remember(now, schema)
      return this.#keep({ ...found, schema, settled: true }, heard)
    }
    const quiet = now !== undefined && (await nobodyWrites(connection))
    const schema = await loadSchema(connection, {
      schemas: settings.schemas,
      searched: settings.extraSearchPath,
      clock,
    })
    const spentMs = clock.monotonic() - started
    onLoad(spentMs)
    log.info({}, `Schema cache queried in ${spentMs.toFixed(1)} milliseconds`)
    log.info({}, `Schema cache loaded ${summaryOf(schema)}`)
    if (quiet) void remember(now, schema)
    return this.#keep({ ...found, schema, settled: quiet }, heard)
  }

  /** What the database says wrongly must not stop the service: what held before goes on. */
  #settingsWith(inDatabase: DatabaseSettings): RestSettings {
    try {
      return this.#options.settingsWith(inDatabase)
    } catch (error) {
      this.#options.log.error(
        { reason: messageOf(error) },
        'rest: the settings in the database cannot be used; those before them are kept',
      )
      return this.#settings ?? this.#options.base()
    }
  }

  #keep(kept: Kept, heard: number): Kept {
    this.#settings = kept.settings
    if (heard === this.#heard) this.#kept = kept
    return kept
  }
}

interface State {
  /** Its cluster and the database in it. */
  readonly cluster: string
  /** Counts up with every change of the schema. */
  readonly version: string
  /** How far the database's log is. */
  readonly position: string
  readonly configured: string
}

const clusterName = `(select concat_ws(' ', system_identifier, pg_catalog.current_database()) from pg_catalog.pg_control_system())`

/** Undefined in a database that does not count. */
async function stateOf(connection: Connection): Promise<State | undefined> {
  try {
    const [rows] = await connection.run([
      {
        text: `select ${schemaVersion}, pg_catalog.pg_current_wal_insert_lsn(), ${configurationMark}, ${clusterName}`,
        values: [],
      },
    ])
    const [version, position, configured, cluster] = rows?.[0] ?? []
    return version && position && cluster
      ? { version, position, configured: configured ?? '', cluster }
      : undefined
  } catch (error) {
    if (['42P01', '3F000', '42501', '55000'].includes(codeOf(error) ?? '')) return undefined
    throw error
  }
}

/** Same cluster or a copy of it, same schemas, same count, and a log that is at least as far: a database that was restored from an older state counts the same numbers again. */
function isStillSo(remembered: Remembered, now: State, schemas: readonly string[]): boolean {
  return (
    remembered.cluster === now.cluster &&
    remembered.version === now.version &&
    remembered.schemas.join() === schemas.join() &&
    placeOf(now.position) >= placeOf(remembered.position)
  )
}

/** A place in the log as PostgreSQL writes it, `16/B374D848`, as a number. */
function placeOf(position: string): bigint {
  const [high, low] = position.split('/')
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`)
}

/** Whoever counted before this has either finished, and is seen by what is read next, or is found here. A snapshot would not tell: it leaves out the newest. */
async function nobodyWrites(connection: Connection): Promise<boolean> {
  const [rows] = await connection.run([
    {
      text: `select not exists (select from pg_catalog.pg_locks where locktype = 'transactionid' and mode = 'ExclusiveLock')`,
      values: [],
    },
  ])
  return rows?.[0]?.[0] === 't'
}
