import type { PoolClient } from 'pg'
import { type Log, messageOf, SingleFlight } from '#kernel'
import type { Database } from '../database.ts'
import type { Schema } from './cache.ts'
import { loadSchema } from './load.ts'
import type { Snapshot } from './snapshot.ts'

export interface SchemaSourceOptions {
  readonly database: Database
  readonly schemas: readonly string[]
  readonly snapshot: Snapshot
  readonly log: Log
}

/**
 * The schema as it was read last: from the snapshot of the last run when the database says that nothing changed since, otherwise from its
 * catalogue. Read again when somebody misses something in it.
 */
export class SchemaSource {
  readonly #options: SchemaSourceOptions
  readonly #loading = new SingleFlight<'load' | 'first', Schema>()
  #schema: Schema | undefined
  /** Undefined until it was read, and in a database that does not count. */
  #version: string | undefined

  constructor(options: SchemaSourceOptions) {
    this.#options = options
  }

  async get(): Promise<Schema> {
    return this.#schema ?? this.#loading.run('first', () => this.#first())
  }

  /** Begins each request's batch where the database counts changes: it costs no further round trip. */
  get versionSql(): string {
    return this.#version === undefined ? '' : `select ${versionColumn} from extensions.pgrst_schema_version;`
  }

  /** Looks at the version that came back with a batch; when the schema has changed, it is read again for the requests to come. */
  noteVersion(results: readonly { rows: readonly Record<string, unknown>[] }[]): void {
    const seen = this.#version === undefined ? undefined : results[1]?.rows[0]?.['version']
    if (seen === undefined || seen === this.#version) return
    this.#version = String(seen)
    this.reload().catch(error =>
      this.#options.log.warn({ reason: messageOf(error) }, 'the schema could not be read again'),
    )
  }

  reload(): Promise<Schema> {
    return this.#loading.run('load', () => this.#options.database.use(client => this.#load(client)))
  }

  async #first(): Promise<Schema> {
    const { database, snapshot } = this.#options
    return database.use(async client => {
      const known = snapshot.read()
      if (known === undefined || known.version !== (await versionOf(client))) return this.#load(client)
      this.#schema = known.schema
      this.#version = known.version
      return known.schema
    })
  }

  async #load(client: PoolClient): Promise<Schema> {
    const { schemas, snapshot, log } = this.#options
    const before = await versionOf(client)
    const schema = await loadSchema(client, schemas)
    this.#schema = schema
    this.#version = before
    // A change that was under way meanwhile has counted already and is not seen yet: what was read then must not be kept.
    if (before !== undefined && before === (await versionOf(client)) && (await nobodyWrites(client)))
      snapshot
        .write(before, schema)
        .catch(error => log.warn({ reason: messageOf(error) }, 'the schema could not be kept'))
    return schema
  }
}

const versionColumn = `last_value || ' ' || is_called as version`

/** Counts up with every change of the schema; undefined in a database that does not count. */
async function versionOf(client: PoolClient): Promise<string | undefined> {
  try {
    const { rows } = await client.query<{ version: string }>(
      `select ${versionColumn} from extensions.pgrst_schema_version`,
    )
    return rows[0]?.version
  } catch (error) {
    if (['42P01', '3F000', '42501'].includes((error as { code?: string }).code ?? '')) return undefined
    throw error
  }
}

async function nobodyWrites(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ quiet: boolean }>(
    'select pg_snapshot_xmin(s) = pg_snapshot_xmax(s) as quiet from pg_current_snapshot() as s',
  )
  return rows[0]?.quiet ?? false
}
