import type { ClientBase } from 'pg'
import { run } from '../database/database.ts'
import type { Statement } from '../sql/sql.ts'
import { type Column, type Schema, type SqlFunction, type Table, tableKey } from './cache.ts'
import { catalogueQueries } from './queries.ts'
import type { RawFunction, RawSchema, RawTable } from './raw.ts'
import { primaryKeyOf, relationshipsOf } from './relationships.ts'
import { viewColumns } from './views.ts'

/** Reads the catalogue, in one round trip and one snapshot. */
export async function loadSchema(client: ClientBase, schemas: readonly string[]): Promise<Schema> {
  const list = `{${schemas.map(name => `"${name.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`
  const names = Object.keys(catalogueQueries) as (keyof typeof catalogueQueries)[]
  const statements = names.map((name): Statement => {
    const text = catalogueQueries[name]
    return { text, values: text.includes('$1') ? [list] : [] }
  })
  const results = await run(client, [
    { text: 'begin isolation level repeatable read read only', values: [] },
    { text: `select set_config('search_path', '', true)`, values: [] },
    ...statements,
    { text: 'commit', values: [] },
  ])
  const raw = Object.fromEntries(
    names.map((name, index) => [name, JSON.parse(results[index + 2]?.[0]?.[0] ?? 'null')]),
  ) as unknown as RawSchema
  return schemaOf(raw)
}

function schemaOf(raw: RawSchema): Schema {
  const tables = raw.tables ?? []
  const byOid = new Map(tables.map(table => [table.oid, table]))
  const views = viewColumns(tables, raw.views ?? [])
  const functions = new Map<string, SqlFunction[]>()
  for (const one of raw.functions ?? []) {
    const made = functionOf(one, byOid)
    functions.set(tableKey(one), [...(functions.get(tableKey(one)) ?? []), made])
  }
  return {
    tables: new Map(
      tables.map(table => [tableKey(table), tableOf(table, primaryKeyOf(table, byOid, views))]),
    ),
    functions,
    relationships: relationshipsOf(tables, raw.keys ?? [], views, raw.functions ?? []),
    descriptions: new Map(Object.entries(raw.descriptions ?? {})),
  }
}

function tableOf({ oid: _, columns, ...table }: RawTable, primaryKey: readonly string[]): Table {
  return {
    ...table,
    primaryKey,
    columns: new Map(
      columns.map(({ number: __, ...column }): [string, Column] => [
        column.name,
        { ...column, shownType: column.type.replace(/^(?:public|extensions)\./, '') },
      ]),
    ),
  }
}

function functionOf(
  { rows: _, argument: __, ...one }: RawFunction,
  byOid: ReadonlyMap<number, RawTable>,
): SqlFunction {
  const table = one.table === null ? undefined : byOid.get(one.table)
  return { ...one, table: table ? tableKey(table) : null }
}
