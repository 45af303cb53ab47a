import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { type BarePostgres, startBarePostgres } from '../../support/bare-postgres.ts'
import { stopServices } from './service.ts'

/** What stands around the services of one test file: a PostgreSQL in which nobody made anything for them, and a folder. Gone after its tests. */
export function imagesWorld() {
  let postgres: BarePostgres
  let folder: string
  beforeAll(async () => {
    postgres = await startBarePostgres()
    folder = await mkdtemp(join(tmpdir(), 'hangar-images-'))
  }, 60_000)
  afterEach(stopServices)
  afterAll(async () => {
    await postgres?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const databaseUrl = (name: string) => postgres.url().replace(/postgres$/, name)

  async function withDatabase<T>(name: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: databaseUrl(name) })
    await client.connect()
    try {
      return await work(client)
    } finally {
      await client.end()
    }
  }

  return {
    /** A path in the folder. */
    path: (name: string) => join(folder, name),
    databaseUrl,
    async createDatabase(name: string): Promise<void> {
      const admin = await postgres.client()
      await admin.query(`create database ${name}`)
    },
    withDatabase,
    rows: (name: string, text: string) => withDatabase(name, async client => (await client.query(text)).rows),
  }
}

/** The tables of an older GoTrue and an older storage. */
export const olderTables = () => readFile(new URL('older.sql', import.meta.url), 'utf8')

/** A request that posts it. */
export const json = (body: unknown) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
