import { SingleFlight } from '#kernel'
import type { Database } from '../database.ts'
import type { Schema } from './cache.ts'
import { loadSchema } from './load.ts'

/** The schema as it was read last; read at the first need, and again when somebody misses something in it. */
export class SchemaSource {
  readonly #database: Database
  readonly #schemas: readonly string[]
  readonly #loading = new SingleFlight<'load', Schema>()
  #schema: Schema | undefined

  constructor(database: Database, schemas: readonly string[]) {
    this.#database = database
    this.#schemas = schemas
  }

  async get(): Promise<Schema> {
    return this.#schema ?? this.reload()
  }

  reload(): Promise<Schema> {
    return this.#loading.run('load', async () => {
      this.#schema = await this.#database.use(client => loadSchema(client, this.#schemas))
      return this.#schema
    })
  }
}
