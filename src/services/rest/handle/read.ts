import { restErrors } from '../errors.ts'
import { type Negotiated, negotiate } from '../plan/format.ts'
import { isDefaultSelect, planRead } from '../plan/read.ts'
import { appliedPreferences } from '../request/preferences.ts'
import type { Answer } from '../response/answer.ts'
import { errorAnswer } from '../response/answer.ts'
import { rangeAnswer } from '../response/headers.ts'
import { countSql } from '../sql/count.ts'
import { formatSql } from '../sql/format.ts'
import { readSql } from '../sql/read.ts'
import { type Sql, sql, trusted } from '../sql/sql.ts'
import { estimateStatement, mainStatement } from '../sql/statement.ts'
import { formOf, type Planned } from './known-plans.ts'
import { checkPreferences, type Executed, execute, type Handling } from './parts.ts'
import { bodyOf, checkSingular, overridden, planAnswer, typeHeaders } from './shape.ts'

export interface PlannedRead extends Planned {
  readonly negotiated: Negotiated
}

/** GET and HEAD of a table or a view. */
export async function readTable(handling: Handling, name: string, headersOnly: boolean): Promise<Answer> {
  const { parts, known, call, settings } = handling
  const make = () => planned(handling, name, headersOnly)
  const { shape } = call.query
  const form = shape && `${formOf(settings, call, shape.key)}\n${headersOnly ? 'HEAD' : 'GET'} ${name}`
  const { negotiated, statement, estimated } = form
    ? parts.reads.get(known, form, shape.values, make)
    : make()
  checkPreferences(call)
  const outcome = await execute(handling, { statement, media: negotiated.media, estimated, readOnly: true })
  if (outcome.plan !== undefined) return planAnswer(handling, negotiated, outcome.plan)
  checkSingular(negotiated, outcome)
  const total = totalOf(handling, outcome)
  const { status, range } = rangeAnswer(call.range, outcome.rows, total)
  const canonical = call.query.canonical
  return overridden(outcome, {
    status,
    headers: {
      'content-range': range,
      'content-location': `/${name}${canonical === '' ? '' : `?${canonical}`}`,
      ...typeHeaders(handling, negotiated),
      ...appliedPreferences(call.preferences, ['count', 'tx', 'handling', 'timezone']),
    },
    body:
      status === 416
        ? errorAnswer(restErrors.outOfRange(call.range.offset, total ?? 0)).body
        : bodyOf(outcome, negotiated),
  })
}

function planned(handling: Handling, name: string, headersOnly: boolean): PlannedRead {
  const { call, schema, settings } = handling
  const table = { schema: call.schemaName, name }
  const plan = planRead(schema, table, call, settings)
  const rules = { target: table, isWhole: isDefaultSelect(plan), plans: settings.plans }
  const found = negotiate(schema, call.accept, rules)
  const negotiated: Negotiated = headersOnly ? { ...found, format: { kind: 'nothing' } } : found
  const counting = countingOf(handling, countSql(plan))
  const statement = mainStatement({
    source: readSql(plan),
    rows: trusted('SELECT * FROM pgrst_source'),
    body: formatSql(negotiated.format, { reshaped: false, explained: negotiated.media.kind === 'plan' }),
    counted: counting.counted,
    media: negotiated.media,
  })
  return { negotiated, statement, estimated: counting.estimated && estimateStatement(counting.estimated) }
}

/** How the rows without limits are counted: exactly, by the planner's estimate, or by both as far as counting is cheap. */
function countingOf({ call, settings }: Handling, counted: Sql): { counted?: Sql; estimated?: Sql } {
  switch (call.preferences.count) {
    case undefined:
      return {}
    case 'exact':
      return { counted }
    case 'planned':
      return { estimated: counted }
    case 'estimated': {
      const { maxRows } = settings
      const limited = maxRows === undefined ? counted : sql`${counted}${trusted(` LIMIT ${maxRows + 1}`)}`
      return { counted: limited, estimated: counted }
    }
  }
}

/** What was counted to the end is exact; what was not is at least what was seen. */
function totalOf({ call, settings }: Handling, { total, estimate }: Executed): number | undefined {
  if (call.preferences.count === 'planned') return estimate
  if (call.preferences.count !== 'estimated' || total === undefined) return total
  const { maxRows } = settings
  return maxRows !== undefined && total <= maxRows ? total : Math.max(total, estimate ?? 0)
}
