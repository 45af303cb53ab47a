import type { Clock } from '#kernel'
import type { Rows } from '../database/batch.ts'
import type { Connection } from '../database/connection.ts'
import type { Statement } from '../sql/sql.ts'
import {
  type Column,
  type Handler,
  handlerKey,
  type Name,
  representationKey,
  type Schema,
  type SqlFunction,
  type Table,
  tableKey,
} from './cache.ts'
import { compareFunctions } from './order.ts'
import { catalogueQueries } from './queries.ts'
import { type RawHandler, type RawSchema, type RawTable, rawRows } from './raw.ts'
import { primaryKeyOf, relationshipsOf } from './relationships.ts'
import { Slices } from './slices.ts'
import { viewColumns } from './views.ts'

/** Reads the catalogue, in one round trip and one snapshot. `searched`: schemas whose views may stand between a view that is exposed and its tables. */
export async function loadSchema(
  connection: Connection,
  { schemas, searched, clock }: LoadOptions,
): Promise<Schema> {
  const lists = [schemas, searched].map(listText)
  const names = Object.keys(catalogueQueries) as (keyof RawSchema)[]
  const statements = names.map((name): Statement => {
    const text = catalogueQueries[name]
    return { text, values: lists.filter((_, index) => text.includes(`$${index + 1}`)) }
  })
  const results = await transaction(connection, [
    { text: 'begin isolation level repeatable read read only', values: [] },
    { text: `select set_config('search_path', '', true)`, values: [] },
    ...statements,
    { text: 'commit', values: [] },
  ])
  const slices = new Slices(clock)
  const raw: Partial<Record<keyof RawSchema, unknown>> = {}
  for (const [index, name] of names.entries()) {
    const read: (row: string) => unknown = rawRows[name]
    raw[name] = await slices.map(results[index + 2] ?? [], ([row]) => read(row ?? 'null'))
  }
  return schemaOf(raw as RawSchema, schemas, slices)
}

export interface LoadOptions {
  readonly schemas: readonly string[]
  readonly searched: readonly string[]
  readonly clock: Clock
}

/** A connection whose transaction failed can do nothing else before it is ended. */
async function transaction(
  connection: Connection,
  statements: readonly Statement[],
): Promise<readonly Rows[]> {
  try {
    return await connection.run(statements)
  } catch (error) {
    await connection.run([{ text: 'rollback', values: [] }]).catch(() => {})
    throw error
  }
}

function listText(names: readonly string[]): string {
  return `{${names.map(name => `"${name.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`
}

async function schemaOf(raw: RawSchema, schemas: readonly string[], slices: Slices): Promise<Schema> {
  const byOid = new Map(raw.tables.map(table => [table.oid, table]))
  const views = await viewColumns(byOid, raw.views, slices)
  const exposed = new Set(schemas)
  const tables = raw.tables.filter(table => exposed.has(table.schema) && !table.isPartition)
  return {
    tables: new Map(
      await slices.map(tables, table => [tableKey(table), tableOf(table, primaryKeyOf(table, byOid, views))]),
    ),
    functions: functionsByName(raw.functions),
    relationships: await relationshipsOf({ ...raw, byOid, views, schemas, slices }),
    representations: new Map(
      raw.representations.map(one => [representationKey(one.source, one.target), one.function]),
    ),
    handlers: new Map(raw.handlers.map(handlerOf)),
    descriptions: new Map(raw.descriptions),
  }
}

function tableOf(
  { oid: _, isPartition: __, columns, ...table }: RawTable,
  primaryKey: readonly string[],
): Table {
  return {
    ...table,
    primaryKey,
    columns: new Map(columns.map(({ number: ___, ...column }): [string, Column] => [column.name, column])),
  }
}

function functionsByName(functions: readonly SqlFunction[]): Map<string, SqlFunction[]> {
  const found = new Map<string, SqlFunction[]>()
  for (const one of functions) {
    const list = found.get(tableKey(one))
    if (list) list.push(one)
    else found.set(tableKey(one), [one])
  }
  for (const list of found.values()) list.sort(compareFunctions)
  return found
}

function handlerOf({ function: called, target, mediaType, ...rest }: RawHandler): [string, Handler] {
  const isForAny = target.schema === 'pg_catalog' && target.name === 'anyelement'
  const own: Name | undefined = isForAny ? undefined : target
  return [handlerKey(own, mediaType), { function: called, target: own, ...rest }]
}
