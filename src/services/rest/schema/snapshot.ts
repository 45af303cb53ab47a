import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, writeFileAtomic } from '#kernel'
import type { Column, Schema, Table } from './cache.ts'
import { Slices } from './slices.ts'

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
const form = 7

/** Kept as one file; one that is damaged, or made for other settings, counts as none. */
export function createSnapshot(
  directory: string,
  databaseUrl: string,
  schemas: readonly string[],
  clock: Clock,
): Snapshot {
  const path = join(directory, 'schema.json')
  const key = createHash('sha256')
    .update(JSON.stringify([form, databaseUrl, schemas]))
    .digest('hex')
  return {
    read() {
      try {
        const kept = JSON.parse(readFileSync(path, 'utf8')) as Written
        if (kept.key !== key) return undefined
        const { tables, ...others } = kept.schema
        const maps = Object.entries(others).map(([part, entries]) => [part, new Map(entries)])
        const schema = { ...Object.fromEntries(maps), tables: new Map(tables.map(revived)) } as Schema
        return { version: kept.version, position: kept.position, schema }
      } catch {
        return undefined
      }
    },
    async write({ schema, ...kept }) {
      const slices = new Slices(clock)
      const parts: string[] = []
      for (const [part, entries] of Object.entries(schema) as [string, ReadonlyMap<string, unknown>][]) {
        const texts = await slices.map([...entries], entry => JSON.stringify(entry, columnsAsList))
        parts.push(`${JSON.stringify(part)}:[${texts.join()}]`)
      }
      const start = JSON.stringify({ key, ...kept }).slice(0, -1)
      await writeFileAtomic(path, `${start},"schema":{${parts.join()}}}`)
    },
  }
}

type WrittenTable = Omit<Table, 'columns'> & { readonly columns: readonly Column[] }

/** What is in the file: of maps the entries; of columns, which carry their names, the columns. */
interface Written extends Omit<Kept, 'schema'> {
  readonly key: string
  readonly schema: { readonly tables: readonly [string, WrittenTable][] } & {
    readonly [part: string]: readonly [string, unknown][]
  }
}

function revived([name, { columns, ...table }]: [string, WrittenTable]): [string, Table] {
  return [name, { ...table, columns: new Map(columns.map(column => [column.name, column])) }]
}

function columnsAsList(_name: string, value: unknown): unknown {
  return value instanceof Map ? [...value.values()] : value
}
