import { restErrors } from '../errors.ts'
import type { Range } from '../request/range.ts'
import type { Answer } from '../response/answer.ts'
import { type Format, wantsOne } from '../response/format.ts'
import { appliedPreferences, chosenHeaders, chosenStatus, contentRange } from '../response/headers.ts'
import { type Sql, sql, trusted } from '../sql/sql.ts'
import type { Outcome } from '../sql/statement.ts'
import { type Handling, profileHeader } from './parts.ts'

/** How the rows without limits are counted: exactly, by the planner's estimate, or by both as far as counting is cheap. */
export function countingOf({ call, parts }: Handling, counted: Sql): { counted?: Sql; estimated?: Sql } {
  const { maxRows } = parts.settings
  switch (call.preferences.count) {
    case undefined:
      return {}
    case 'exact':
      return { counted }
    case 'planned':
      return { estimated: counted }
    case 'estimated':
      if (maxRows === undefined) return { counted }
      return { counted: sql`${counted}${trusted(` limit ${maxRows + 1}`)}`, estimated: counted }
  }
}

/** The answer that shows rows. Throws PGRST116 and PGRST103. */
export function rowsAnswer(
  handling: Handling,
  {
    outcome,
    format,
    range,
    heeded,
  }: {
    readonly outcome: Outcome
    readonly format: Format
    readonly range: Range
    readonly heeded: Parameters<typeof appliedPreferences>[1]
  },
): Answer {
  const { call } = handling
  const base = {
    ...profileHeader(handling),
    ...appliedPreferences(call.preferences, heeded),
    'content-type': format.contentType,
  }
  if (format.kind === 'plan') return { status: 200, headers: base, body: outcome.body }
  const { rows } = outcome
  if (wantsOne(format) && rows !== 1) throw restErrors.notOne(rows)
  const { total } = outcome
  if (total !== undefined && range.offset > total) throw restErrors.outOfRange(range.offset, total)
  return {
    status: chosenStatus(outcome) ?? (total !== undefined && rows < total ? 206 : 200),
    headers: { 'content-range': contentRange(range.offset, rows, total), ...base, ...chosenHeaders(outcome) },
    body: outcome.body,
  }
}
