import { join, nothing, render, type Sql, type Statement, sql, trusted } from './sql.ts'

/** What the one statement of a request gives: by these names in this order. */
export interface Outcome {
  readonly rows: number
  readonly total: number | undefined
  readonly body: string
  readonly headers: string | null
  readonly status: string | null
  /** Key columns and values of the row that was made, as JSON. */
  readonly location: string | null
}

export interface StatementParts {
  /** A CTE that comes first: the change. */
  readonly source?: Sql | undefined
  /** All rows of the answer. */
  readonly rows: Sql
  readonly body: Sql
  /** Rows to count without limits. */
  readonly counted?: Sql | undefined
  readonly location?: Sql | undefined
  readonly explain?: { readonly json: boolean; readonly options: readonly string[] } | undefined
}

export function mainStatement(parts: StatementParts): Statement {
  const { source, rows, body, counted, location, explain } = parts
  const ctes = [
    ...(source ? [sql`pgrst_source as (${source})`] : []),
    ...(counted ? [sql`pgrst_counted as (${counted})`] : []),
  ]
  const start = ctes.length > 0 ? sql`with ${join(ctes, ', ')} ` : nothing
  const total = trusted(counted ? '(select count(*) from pgrst_counted)' : 'null::int8')
  const explained = explain
    ? trusted(`explain (${[`format ${explain.json ? 'json' : 'text'}`, ...explain.options].join(', ')}) `)
    : nothing
  return render(
    sql`${explained}${start}select count(*), ${total}, ${body}, nullif(current_setting('response.headers', true), ''), nullif(current_setting('response.status', true), ''), ${location ?? trusted('null')} from (${rows}) as _`,
  )
}

export function readOutcome(row: readonly (string | null)[] | undefined): Outcome {
  const [rows, total, body, headers, status, location] = row ?? []
  return {
    rows: Number(rows ?? 0),
    total: total == null ? undefined : Number(total),
    body: body ?? '',
    headers: headers ?? null,
    status: status ?? null,
    location: location ?? null,
  }
}

/** How many rows the planner expects. */
export function estimateStatement(counted: Sql): Statement {
  return render(sql`explain (format json) ${counted}`)
}

export function readEstimate(row: readonly (string | null)[] | undefined): number {
  const [plan] = JSON.parse(row?.[0] ?? '[]') as { Plan?: { 'Plan Rows'?: number } }[]
  return plan?.Plan?.['Plan Rows'] ?? 0
}
