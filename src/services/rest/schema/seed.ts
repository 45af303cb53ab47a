import type { ServiceContext } from '#http'
import { Database } from '../database/database.ts'
import { readSettings } from '../settings.ts'
import { createSnapshot, type Snapshot } from './snapshot.ts'
import { SchemaSource } from './source.ts'

/**
 * Reads the schema of a database that others are copied from, as a service with that environment would, and keeps it in `cacheDirectory`. A service
 * on a copy that finds it there need not read the catalogue, unless something has changed since.
 */
export async function seedSchema({ env, log, clock, cacheDirectory }: ServiceContext): Promise<void> {
  const settings = readSettings(env)
  const kept = createSnapshot(cacheDirectory, undefined, settings.readsDatabase, clock)
  let written: Promise<void> | undefined
  const snapshot: Snapshot = {
    read: () => undefined,
    write(remembered) {
      written = kept.write(remembered)
      return written
    },
  }
  const database = new Database({
    url: settings.databaseUrl,
    size: 1,
    channel: undefined,
    onNotify: () => {},
    clock,
    log,
  })
  try {
    const schemas = new SchemaSource({
      database,
      base: () => settings,
      settingsWith: inDatabase => readSettings(env, inDatabase),
      snapshot,
      onLoad: () => {},
      clock,
      log,
    })
    await schemas.get()
    await written
  } finally {
    await database.close()
  }
}
