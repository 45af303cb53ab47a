import { restErrors } from '../errors.ts'
import type { Query } from '../request/ast.ts'
import type { Preferences } from '../request/preferences.ts'
import type { Table } from '../schema/cache.ts'
import { whereSql } from './filters.ts'
import { ident, literal } from './quote.ts'

type Rows = readonly Readonly<Record<string, unknown>>[]

/** A body as it is written to a table: its rows, and which columns they have. */
export interface Payload {
  readonly json: string
  readonly rows: Rows
  readonly isArray: boolean
}

export function insertSql(table: Table, payload: Payload, query: Query, preferences: Preferences): string {
  const columns = columnsOf(table, payload.rows, query.columns)
  const target = `${ident(table.schema)}.${ident(table.name)}`
  const conflict = conflictSql(table, columns, query, preferences)
  if (columns.length === 0) {
    // An object without fields is a row of defaults; an empty list is nothing.
    if (payload.isArray && payload.rows.length === 0)
      return `insert into ${target} select * from ${target} where false returning ${target}.*`
    return `insert into ${target} default values${conflict} returning ${target}.*`
  }
  const names = columns.map(ident).join(', ')
  return `insert into ${target} (${names}) select ${columns.map(column => `pgrst_body.${ident(column)}`).join(', ')} from ${recordset(table, columns, payload)}${conflict} returning ${target}.*`
}

export function updateSql(table: Table, payload: Payload, query: Query): string {
  const [row] = payload.rows
  const columns = columnsOf(table, row ? [row] : [], query.columns)
  const target = `${ident(table.schema)}.${ident(table.name)}`
  const filters = query.levels.get('')?.filters ?? []
  if (columns.length === 0) return `select * from ${target} where false`
  const set = columns.map(column => `${ident(column)} = pgrst_body.${ident(column)}`).join(', ')
  const where = filters.length > 0 ? ` where ${whereSql(target, filters)}` : ''
  return `update ${target} set ${set} from (select * from ${recordset(table, columns, payload)} limit 1) as pgrst_body${where} returning ${target}.*`
}

export function deleteSql(table: Table, query: Query): string {
  const target = `${ident(table.schema)}.${ident(table.name)}`
  const filters = query.levels.get('')?.filters ?? []
  return `delete from ${target}${filters.length > 0 ? ` where ${whereSql(target, filters)}` : ''} returning ${target}.*`
}

function columnsOf(table: Table, rows: Rows, chosen: readonly string[] | undefined): string[] {
  const columns = [...(chosen ?? Object.keys(rows[0] ?? {}))]
  const unknown = columns.find(column => !table.columns.has(column))
  if (unknown !== undefined) throw restErrors.noColumn(unknown, table.name)
  if (chosen === undefined) {
    const first = columns.slice().sort().join('\0')
    if (rows.some(row => Object.keys(row).sort().join('\0') !== first))
      throw restErrors.badBody('All object keys must match')
  }
  return columns
}

function recordset(table: Table, columns: readonly string[], payload: Payload): string {
  // The body's own text, so that numbers keep every digit.
  const json = payload.isArray ? payload.json : `[${payload.json}]`
  const types = columns.map(column => `${ident(column)} ${table.columns.get(column)}`).join(', ')
  return `json_to_recordset(${literal(json)}::json) as pgrst_body(${types})`
}

function conflictSql(
  table: Table,
  columns: readonly string[],
  query: Query,
  { resolution }: Preferences,
): string {
  if (resolution === undefined) return ''
  const target = query.onConflict ?? table.primaryKey
  if (target.length === 0) return ''
  const names = target.map(ident).join(', ')
  if (resolution === 'ignore-duplicates' || columns.length === 0) return ` on conflict (${names}) do nothing`
  const set = columns.map(column => `${ident(column)} = excluded.${ident(column)}`).join(', ')
  return ` on conflict (${names}) do update set ${set}`
}
