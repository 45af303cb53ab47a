import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, writeFileAtomic } from '#kernel'
import type { Configuration } from '../database/configuration.ts'
import type { Schema } from './cache.ts'
import { Slices } from './slices.ts'

/** The schema and the settings as the last run of this service knew them, so that a service that wakes need not read the catalogue. */
export interface Snapshot {
  read(): Remembered | undefined
  write(kept: Remembered): Promise<void>
}

export interface Remembered {
  /** Of the cluster that it was read from; copies of a cluster have the same. */
  readonly cluster: string
  readonly version: string
  /** How far the database's log was: a database that is not that far has been set back since. */
  readonly position: string
  readonly schema: Schema
  /** Names of the schemas that it is about, and after an empty one, of those that are searched. */
  readonly schemas: readonly string[]
  /** Differs when what is set in the database differs. */
  readonly configured: string
  readonly configuration: Configuration
}

/** Changes whenever the file's shape does. */
const form = 8

/** Kept as one file; one that is damaged, or made for other settings, counts as none. Without an address it is a seed: of a database that others are copied from. */
export function createSnapshot(
  directory: string,
  databaseUrl: string | undefined,
  readsDatabase: boolean,
  clock: Clock,
): Snapshot {
  const path = join(directory, databaseUrl === undefined ? 'seed.json' : 'schema.json')
  const key = createHash('sha256')
    .update(JSON.stringify([form, databaseUrl, readsDatabase]))
    .digest('hex')
  return {
    read() {
      try {
        const kept = JSON.parse(readFileSync(path, 'utf8')) as Remembered & { readonly key: string }
        return kept.key === key ? (revived(kept) as Remembered) : undefined
      } catch {
        return undefined
      }
    },
    async write({ schema, ...kept }) {
      const slices = new Slices(clock)
      const parts: string[] = []
      for (const [part, map] of Object.entries(schema) as [string, ReadonlyMap<string, unknown>][]) {
        const entries = await slices.map([...map], entry => JSON.stringify(entry, flatten))
        parts.push(`${JSON.stringify(part)}:{"$map":[${entries.join()}]}`)
      }
      const start = JSON.stringify({ key, ...kept }, flatten).slice(0, -1)
      await writeFileAtomic(path, `${start},"schema":{${parts.join()}}}`, { lasting: false })
    },
  }
}

/** What was kept of this database, else of the one that it was copied from. */
export function withSeed(own: Snapshot, seed: Snapshot): Snapshot {
  return { read: () => own.read() ?? seed.read(), write: own.write }
}

function flatten(_name: string, value: unknown): unknown {
  return value instanceof Map ? { $map: [...value] } : value
}

/** In place, and only where something may be below: a reviver of JSON.parse is called for every text and number. */
function revived(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) value[index] = revived(value[index])
    return value
  }
  const fields = value as Record<string, unknown>
  for (const name in fields) fields[name] = revived(fields[name])
  return fields['$map'] ? new Map(fields['$map'] as [unknown, unknown][]) : value
}
