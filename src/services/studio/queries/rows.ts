import pg from 'pg'
import type { Reader } from '../database.ts'
import { studioErrors } from '../errors.ts'
import { describeTable } from './tables.ts'

export interface RowsOptions {
  readonly limit: number
  readonly offset: number
  readonly sort?: string | undefined
  readonly order?: 'asc' | 'desc' | undefined
  /** Show only rows whose column contains that text. */
  readonly filterColumn?: string | undefined
  readonly filterText?: string | undefined
}

export interface RowsPage {
  readonly columns: readonly string[]
  /** Values as PostgreSQL prints them; long ones are cut. */
  readonly rows: readonly (string | null)[][]
  readonly total: number
  /** False when there are more rows than were counted. */
  readonly exact: boolean
}

const countAtMost = 10_000
const longestValue = 2_000

/** One page of a table's rows. */
export async function readRows(
  reader: Reader,
  schema: string,
  table: string,
  options: RowsOptions,
): Promise<RowsPage> {
  const { columns, estimatedRows, policyList: _, ...detail } = await describeTable(reader, schema, table)
  const known = (name: string) => {
    if (!columns.some(column => column.name === name)) throw studioErrors.noSuchColumn(name)
    return pg.escapeIdentifier(name)
  }
  const relation = `${pg.escapeIdentifier(detail.schema)}.${pg.escapeIdentifier(detail.name)}`
  const values: unknown[] = []
  let where = ''
  if (options.filterColumn && options.filterText) {
    values.push(`%${options.filterText.replaceAll(/[\\%_]/g, '\\$&')}%`)
    where = `where ${known(options.filterColumn)}::text ilike $1`
  }
  const keys = columns.filter(column => column.primaryKey).map(column => known(column.name))
  const order = [
    ...(options.sort
      ? [`${known(options.sort)} ${options.order === 'desc' ? 'desc' : 'asc'} nulls last`]
      : []),
    // Pages stay disjoint only in a definite order.
    ...(keys.length > 0 ? keys : detail.kind === 'table' ? ['ctid'] : []),
  ]
  const list = columns.map(column => `left(${known(column.name)}::text, ${longestValue})`).join(', ')
  const { rows } = await reader.client.query<(string | null)[]>({
    text: `select ${list || 'null'} from ${relation} ${where} ${order.length ? `order by ${order.join(', ')}` : ''}
      limit ${Number(options.limit)} offset ${Number(options.offset)}`,
    values,
    rowMode: 'array',
  })
  const counted = await reader.query<{ total: number }>(
    `select count(*)::int as total from (select from ${relation} ${where} limit ${countAtMost + 1}) as counted`,
    values,
  )
  const total = counted.rows[0]?.total ?? 0
  const exact = total <= countAtMost
  return {
    columns: columns.map(column => column.name),
    rows,
    total:
      exact || where ? Math.min(total, countAtMost) : Math.max(total - 1, Math.round(estimatedRows ?? 0)),
    exact,
  }
}
