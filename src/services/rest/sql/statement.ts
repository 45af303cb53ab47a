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
  /** Key columns of the one row that was made, as JSON. */
  readonly location?: Sql | undefined
  readonly inserted?: boolean | undefined
  /** Explained instead of done, when it is a plan. */
  readonly media: Media
}

const settingSql = (name: string) => `nullif(current_setting('${name}', true), '')`

export function mainStatement(parts: StatementParts): Statement {
  const { source, rows, body, counted, single, location, inserted, media } = parts
  const countCte = counted ? sql`, pgrst_source_count AS (${counted})` : nothing
  const total = counted ? '(SELECT pg_catalog.count(*) FROM pgrst_source_count)' : 'null::bigint'
  const columns = [
    trusted(`${total} AS total_result_set`),
    trusted(`${single ? '1' : 'pg_catalog.count(_postgrest_t)'} AS page_total`),
    sql`${location ?? trusted('null::text')} AS header`,
    sql`${body} AS body`,
    trusted(`${settingSql('response.headers')} AS response_headers`),
    trusted(`${settingSql('response.status')} AS response_status`),
    trusted(`${inserted ? settingSql('pgrst.inserted') : 'null::text'} AS response_inserted`),
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

export function readOutcome(row: readonly (string | null)[] | undefined): Outcome {
  const [total, rows, location, body, headers, status, inserted] = row ?? []
  return {
    rows: Number(rows ?? 0),
    total: total == null ? undefined : Number(total),
    body: body ?? '',
    headers: headers ?? null,
    status: status ?? null,
    location: location ?? null,
    inserted: inserted == null ? undefined : Number(inserted),
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
