import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '#kernel'
import type { Schema } from './cache.ts'

/** The schema as the last run of this service knew it, so that a service that wakes need not read the catalogue. */
export interface Snapshot {
  read(): Kept | undefined
  write(kept: Kept): Promise<void>
}

interface Kept {
  readonly version: string
  /** How far the database's log was: a database that is not that far has been set back since. */
  readonly position: string
  readonly schema: Schema
}

/** Changes whenever the file's shape does. */
const form = 5

/** Kept as one file; one that is damaged, or made for other settings, counts as none. */
export function createSnapshot(directory: string, databaseUrl: string, schemas: readonly string[]): Snapshot {
  const path = join(directory, 'schema.json')
  const key = createHash('sha256')
    .update(JSON.stringify([form, databaseUrl, schemas]))
    .digest('hex')
  return {
    read() {
      try {
        const kept = JSON.parse(readFileSync(path, 'utf8'), revive) as Kept & { readonly key: string }
        return kept.key === key ? kept : undefined
      } catch {
        return undefined
      }
    },
    write: kept => writeFileAtomic(path, JSON.stringify({ key, ...kept }, flatten)),
  }
}

function flatten(_name: string, value: unknown): unknown {
  return value instanceof Map ? { $map: [...value] } : value
}

function revive(_name: string, value: unknown): unknown {
  const entries = (value as { $map?: [unknown, unknown][] } | null)?.$map
  return entries ? new Map(entries) : value
}
