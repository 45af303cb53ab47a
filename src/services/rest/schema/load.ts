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
import type { RawHandler, RawSchema, RawTable } from './raw.ts'
import { primaryKeyOf, relationshipsOf } from './relationships.ts'
import { viewColumns } from './views.ts'

/** Reads the catalogue, in one round trip and one snapshot. */
export async function loadSchema(connection: Connection, schemas: readonly string[]): Promise<Schema> {
  const list = `{${schemas.map(name => `"${name.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`
  const names = Object.keys(catalogueQueries) as (keyof typeof catalogueQueries)[]
  const statements = names.map((name): Statement => {
    const text = catalogueQueries[name]
    return { text, values: text.includes('$1') ? [list] : [] }
  })
  const results = await transaction(connection, [
    { text: 'begin isolation level repeatable read read only', values: [] },
    { text: `select set_config('search_path', '', true)`, values: [] },
    ...statements,
    { text: 'commit', values: [] },
  ])
  const raw = Object.fromEntries(
    names.map((name, index) => [name, JSON.parse(results[index + 2]?.[0]?.[0] ?? 'null')]),
  ) as unknown as RawSchema
  return schemaOf(raw, schemas)
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

function schemaOf(raw: RawSchema, schemas: readonly string[]): Schema {
  const tables = raw.tables ?? []
  const byOid = new Map(tables.map(table => [table.oid, table]))
  const views = viewColumns(tables, raw.views ?? [])
  const exposed = new Set(schemas)
  return {
    tables: new Map(
      tables
        .filter(table => exposed.has(table.schema) && !table.isPartition)
        .map(table => [tableKey(table), tableOf(table, primaryKeyOf(table, byOid, views))]),
    ),
    functions: functionsByName(raw.functions ?? []),
    relationships: relationshipsOf(tables, raw.keys ?? [], views, raw.computed ?? [], schemas),
    representations: new Map(
      (raw.representations ?? []).map(one => [representationKey(one.source, one.target), one.function]),
    ),
    handlers: new Map((raw.handlers ?? []).map(handlerOf)),
    descriptions: new Map(Object.entries(raw.descriptions ?? {})),
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
