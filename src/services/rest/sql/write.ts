import type { PlannedFilter, PlannedOrder } from '../plan/tree.ts'
import type { Returned } from '../plan/write.ts'
import type { Payload } from '../request/body.ts'
import type { Column, Table } from '../schema/cache.ts'
import { filterSql, whereSql } from './filters.ts'
import { limitSql, orderSql } from './read.ts'
import { ident, join, nothing, qualified, type Sql, sql, trusted, value } from './sql.ts'

export interface InsertRequest {
  readonly table: Table
  readonly payload: Payload
  readonly columns: readonly Column[]
  readonly returned: Returned | undefined
  readonly resolution: 'merge-duplicates' | 'ignore-duplicates' | undefined
  /** Columns of the key that decides what a duplicate is. */
  readonly conflict: readonly string[]
  /** Whether what a row leaves out gets its default instead of null. */
  readonly defaults: boolean
  /** PUT: the key that the row must have. */
  readonly key: ReadonlyMap<string, string> | undefined
}

export function insertSql(request: InsertRequest): Sql {
  const { table, payload, columns, key } = request
  const target = qualified(table)
  const end = sql`${conflictSql(request)}${returningSql(table, request.returned)}`
  if (columns.length === 0) {
    // An object without fields is a row of defaults; an empty list is nothing.
    if (payload.rows.length === 0) return sql`select * from ${target} where false`
    if (payload.rows.length === 1) return sql`insert into ${target} default values${end}`
  }
  const names = join(
    columns.map(({ name }) => ident(name)),
    ', ',
  )
  const values = join(
    columns.map(({ name }) => sql`pgrst_body.${ident(name)}`),
    ', ',
  )
  const where = whereSql(
    [...(key ?? [])].map(([name, text]) => sql`pgrst_body.${ident(name)} = ${value(text)}`),
  )
  return sql`insert into ${target} (${names}) select ${values} from ${bodySql(payload, columns, request.defaults)}${where}${end}`
}

export interface ChangeRequest {
  readonly table: Table
  /** What stands for the table's rows in `filters`. */
  readonly filters: readonly PlannedFilter[]
  readonly order: readonly PlannedOrder[]
  readonly limit: number | undefined
  readonly offset: number
  readonly returned: Returned | undefined
}

export function updateSql(
  request: ChangeRequest,
  change: { readonly payload: Payload; readonly columns: readonly Column[]; readonly defaults: boolean },
): Sql {
  const { table, returned } = request
  const target = qualified(table)
  const { columns, payload, defaults } = change
  if (columns.length === 0) return sql`select * from ${target} where false`
  const set = join(
    columns.map(({ name }) => sql`${ident(name)} = pgrst_body.${ident(name)}`),
    ', ',
  )
  const body = sql`(select * from ${bodySql(payload, columns, defaults)} limit 1) as pgrst_body`
  return sql`update ${target} set ${set} from ${body}${chosenSql(request)}${returningSql(table, returned)}`
}

export function deleteSql(request: ChangeRequest): Sql {
  return sql`delete from ${qualified(request.table)}${chosenSql(request)}${returningSql(request.table, request.returned)}`
}

/** Which rows: those of the filters, or only some of these in an order. */
function chosenSql({ table, filters, order, limit, offset }: ChangeRequest): Sql {
  const where = whereSql(filters.map(filterSql))
  if (limit === undefined && offset === 0) return where
  const key = table.isView || table.primaryKey.length > 0 ? table.primaryKey : ['ctid']
  const own = join(
    key.map(name => sql`${qualified(table)}.${ident(name)}`),
    ', ',
  )
  return sql` where (${own}) in (select ${own} from ${qualified(table)}${where}${orderSql(order)}${limitSql({ limit, offset })})`
}

/** The body as rows of the columns' types. */
function bodySql({ json, isArray }: Payload, columns: readonly Column[], defaults: boolean): Sql {
  const types = join(
    columns.map(({ name, type }) => sql`${ident(name)} ${trusted(type)}`),
    ', ',
  )
  const list = value(isArray ? json : `[${json}]`)
  const withDefault = defaults ? columns.filter(column => column.default !== null) : []
  // A body without known columns still says how many rows there are.
  if (columns.length === 0) return sql`json_array_elements(${list}::json) as pgrst_body`
  if (withDefault.length === 0) return sql`json_to_recordset(${list}::json) as pgrst_body (${types})`
  const filled = join(
    withDefault.map(column => sql`${value(column.name)}::text, ${trusted(column.default ?? 'null')}`),
    ', ',
  )
  return sql`(select jsonb_agg(jsonb_build_object(${filled}) || pgrst_row) as pgrst_rows from jsonb_array_elements(${list}::jsonb) as pgrst_row) as pgrst_filled, jsonb_to_recordset(pgrst_filled.pgrst_rows) as pgrst_body (${types})`
}

function conflictSql({ resolution, conflict, columns }: InsertRequest): Sql {
  if (resolution === undefined || conflict.length === 0) return nothing
  const names = join(conflict.map(ident), ', ')
  if (resolution === 'ignore-duplicates' || columns.length === 0)
    return sql` on conflict (${names}) do nothing`
  const set = columns.map(({ name }) => sql`${ident(name)} = excluded.${ident(name)}`)
  return sql` on conflict (${names}) do update set ${join(set, ', ')}`
}

/** Only what is asked for: the caller may lack the right to read other columns. */
function returningSql(table: Table, returned: Returned | undefined): Sql {
  if (!returned || (returned.columns.size === 0 && !returned.row)) return trusted(' returning 1')
  const source = qualified(table)
  const all = returned.columns.has('*')
  const names = [...returned.columns].filter(name => name !== '*' && !(all && table.columns.has(name)))
  return sql` returning ${join(
    [
      ...(all ? [sql`${source}.*`] : []),
      ...names.map(name => sql`${source}.${ident(name)}`),
      ...(returned.row ? [sql`${source} as pgrst_row`] : []),
    ],
    ', ',
  )}`
}
