import type { Media } from '../request/media.ts'
import { join, nothing, render, type Sql, type Statement, sql, trusted } from './sql.ts'

/** What the one statement of a request gives. */
export interface Outcome {
  readonly rows: number
  /** Rows without limits, when they were counted. */
  readonly total: number | undefined
  readonly body: string
  readonly headers: string | null
  readonly status: string | null
  /** Key columns and values of the row that was made, as JSON. */
  readonly location: string | null
  /** Rows that are new, where others may have been changed instead. */
  readonly inserted: number | undefined
}

export interface StatementParts {
  /** `pgrst_source`: the rows, or the change or the call that gives them. */
  readonly source: Sql
  /** The rows of the answer, read from `pgrst_source`. */
  readonly rows: Sql
  readonly body: Sql
  /** Rows to count without limits. */
  readonly counted?: Sql | undefined
  /** Whether the rows need no counting: there is always one. */
  readonly single?: boolean | undefined
  /** Of a change only. */
  readonly change?: ChangeParts | undefined
  /** Explained instead of done, when it is a plan. */
  readonly media: Media
}

export interface ChangeParts {
  /** Key columns of the one row that was made, as JSON. */
  readonly location: Sql | undefined
  /** Whether it is counted how many rows are new. */
  readonly inserted: boolean
}

const noLocation = 'array[]::text[]'

const settingSql = (name: string) => `nullif(current_setting('${name}', true), '')`

/** Its columns are PostgreSQL's own business but for plans, which show them: they are those of PostgREST, in its order. */
export function mainStatement({
  source,
  rows,
  body,
  counted,
  single,
  change,
  media,
}: StatementParts): Statement {
  const countCte = counted ? sql`, pgrst_source_count AS (${counted})` : nothing
  const columns = [
    trusted(`${totalSql(counted !== undefined, change !== undefined)} AS total_result_set`),
    trusted(`${single ? '1' : 'pg_catalog.count(_postgrest_t)'} AS page_total`),
    ...(change ? [sql`${change.location ?? trusted(noLocation)} AS header`] : []),
    sql`${body} AS body`,
    trusted(`${settingSql('response.headers')} AS response_headers`),
    trusted(`${settingSql('response.status')} AS response_status`),
    trusted(`${change?.inserted ? `${settingSql('pgrst.inserted')}::int` : `''`} AS response_inserted`),
  ]
  return render(
    sql`${explainSql(media)}WITH pgrst_source AS (${source})${countCte} SELECT ${join(columns, ', ')} FROM (${rows}) _postgrest_t`,
  )
}

function totalSql(isCounted: boolean, isChange: boolean): string {
  if (isChange) return `''`
  return isCounted ? '(SELECT pg_catalog.count(*) FROM pgrst_source_count)' : 'null::bigint'
}

function explainSql(media: Media): Sql {
  if (media.kind !== 'plan') return nothing
  const options = media.options.map(option => `, ${option.toUpperCase()}`).join('')
  return trusted(`EXPLAIN (FORMAT ${media.json ? 'JSON' : 'TEXT'}${options}) `)
}

/** Only changes have a location; what has no number is empty or null. */
export function readOutcome(row: readonly (string | null)[] = []): Outcome {
  const [total, rows, ...others] = row
  const [location, body, headers, status, inserted] = row.length > 6 ? others : [null, ...others]
  const number = (text: string | null | undefined) => (text ? Number(text) : undefined)
  return {
    rows: Number(rows ?? 0),
    total: number(total),
    body: body ?? '',
    headers: headers ?? null,
    status: status ?? null,
    location: location === '{}' ? null : (location ?? null),
    inserted: number(inserted),
  }
}

/** How many rows the planner expects. */
export function estimateStatement(counted: Sql): Statement {
  return render(sql`EXPLAIN (FORMAT JSON) ${counted}`)
}

export function readEstimate(row: readonly (string | null)[] | undefined): number | undefined {
  const [plan] = JSON.parse(row?.[0] ?? '[]') as { Plan?: { 'Plan Rows'?: number } }[]
  return plan?.Plan?.['Plan Rows']
}
