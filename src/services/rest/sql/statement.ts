import type { Media } from '../request/media.ts'
import { join, nothing, render, type Sql, type Statement, sql, trusted } from './sql.ts'

/** What the one statement of a request gives: by these names in this order. */
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
  /** Of a change; undefined: nothing is changed. */
  readonly change?: ChangeParts | undefined
  /** Explained instead of done, when it is a plan. */
  readonly media: Media
}

export interface ChangeParts {
  /** Key columns of the one row that was made, as JSON. */
  readonly location: Sql | undefined
  /** Whether new rows were counted. */
  readonly inserted: boolean
}

const settingSql = (name: string) => `nullif(current_setting('${name}', true), '')`

/** Its columns are PostgREST's, so that a plan shows the same ones. */
export function mainStatement(parts: StatementParts): Statement {
  const { source, rows, body, counted, single, change, media } = parts
  const countCte = counted ? sql`, pgrst_source_count AS (${counted})` : nothing
  const uncounted = change ? "''" : 'null::bigint'
  const total = counted ? '(SELECT pg_catalog.count(*) FROM pgrst_source_count)' : uncounted
  const inserted = change?.inserted ? `${settingSql('pgrst.inserted')}::int` : "''"
  const columns = [
    trusted(`${total} AS total_result_set`),
    trusted(`${single ? '1' : 'pg_catalog.count(_postgrest_t)'} AS page_total`),
    ...(change ? [sql`${change.location ?? trusted('array[]::text[]')} AS header`] : []),
    sql`${body} AS body`,
    trusted(`${settingSql('response.headers')} AS response_headers`),
    trusted(`${settingSql('response.status')} AS response_status`),
    trusted(`${inserted} AS response_inserted`),
  ]
  return render(
    sql`${explainSql(media)}WITH pgrst_source AS (${source})${countCte} SELECT ${join(columns, ', ')} FROM (${rows}) _postgrest_t`,
  )
}

function explainSql(media: Media): Sql {
  if (media.kind !== 'plan') return nothing
  const options = media.options.map(option => `, ${option.toUpperCase()}`).join('')
  return trusted(`EXPLAIN (FORMAT ${media.json ? 'JSON' : 'TEXT'}${options}) `)
}

/** Only a change has a column for the place of what it made. */
export function readOutcome(row: readonly (string | null)[] = []): Outcome {
  const isChange = row.length > 6
  const at = isChange ? 3 : 2
  const location = isChange ? row[2] : null
  const inserted = row[at + 3]
  return {
    rows: Number(row[1] ?? 0),
    total: row[0] ? Number(row[0]) : undefined,
    body: row[at] ?? '',
    headers: row[at + 1] ?? null,
    status: row[at + 2] ?? null,
    location: location && location !== '{}' ? location : null,
    inserted: inserted ? Number(inserted) : undefined,
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
