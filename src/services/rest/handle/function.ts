import { restErrors } from '../errors.ts'
import { argumentForm, argumentText, calledFunction, planCall } from '../plan/call.ts'
import { type Negotiated, negotiate } from '../plan/format.ts'
import { isDefaultSelect, planRead } from '../plan/read.ts'
import type { Call } from '../request/call.ts'
import { mediaName } from '../request/media.ts'
import { appliedPreferences } from '../request/preferences.ts'
import { standInFor } from '../request/shape.ts'
import { type Answer, errorAnswer } from '../response/answer.ts'
import { rangeAnswer } from '../response/headers.ts'
import { type Name, returnsNothing, type SqlFunction } from '../schema/cache.ts'
import { callSql } from '../sql/call.ts'
import { countSql } from '../sql/count.ts'
import { formatSql } from '../sql/format.ts'
import { readSql } from '../sql/read.ts'
import { mainStatement, type Outcome } from '../sql/statement.ts'
import { formOf, type Planned } from './known-plans.ts'
import { checkPreferences, execute, type Handling } from './parts.ts'
import { bodyOf, checkSingular, overridden, planAnswer, typeHeaders } from './shape.ts'

export interface PlannedCall extends Planned {
  readonly called: SqlFunction
  readonly negotiated: Negotiated
}

type Way = 'get' | 'head' | 'post'

/** /rpc/name by GET, HEAD or POST. */
export async function callFunction(handling: Handling, name: string, by: Way): Promise<Answer> {
  const { parts, known, call, settings } = handling
  const { shape } = call.query
  const form = shape && `${formOf(settings, call, shape.key)}\n${formOfCall(call, by)}\n${name}`
  const { called, negotiated, statement } = form
    ? parts.calls.get(
        known,
        form,
        planned => [...shape.values, argumentText(planned.called, call)],
        () => plannedCall(handling, name, by, standInFor(shape.values.length)),
      )
    : plannedCall(handling, name, by)
  checkPreferences(call)
  const outcome = await execute(handling, {
    statement,
    media: negotiated.media,
    readOnly: by !== 'post' || called.volatility !== 'v',
    called,
    check: checkOf(call, negotiated),
  })
  if (outcome.plan !== undefined) return planAnswer(handling, negotiated, outcome.plan)
  const { status, range } = rangeAnswer(call.range, outcome.rows, outcome.total)
  const headers = {
    'content-range': range,
    ...appliedPreferences(call.preferences, ['params', 'count', 'tx', 'handling', 'timezone', 'maxAffected']),
  }
  if (returnsNothing(called)) return overridden(outcome, { status: 204, headers, body: '' })
  return overridden(outcome, {
    status,
    headers: { ...headers, ...typeHeaders(handling, negotiated) },
    body:
      status === 416
        ? errorAnswer(restErrors.outOfRange(call.range.offset, outcome.total ?? 0)).body
        : bodyOf(outcome, negotiated),
  })
}

/** `standIn` stands for what the function is called with. */
export function plannedCall(handling: Handling, name: string, by: Way, standIn?: string): PlannedCall {
  const { call, schema, settings } = handling
  const called = calledFunction(schema, name, call)
  const target = rowsOf(called)
  const plan = planRead(schema, target, call, settings)
  const callPlan = planCall(called, call, plan, standIn)
  const rules = { target, isWhole: isDefaultSelect(plan), plans: settings.plans }
  const found = negotiate(schema, call.accept, rules)
  const negotiated: Negotiated = by === 'head' ? { ...found, format: { kind: 'nothing' } } : found
  const { count } = call.preferences
  const statement = mainStatement({
    source: callSql(callPlan),
    rows: readSql(plan),
    body: formatSql(negotiated.format, {
      called,
      reshaped: true,
      explained: negotiated.media.kind === 'plan',
    }),
    counted: count === 'exact' || count === 'estimated' ? countSql(plan) : undefined,
    single: !called.set,
    media: negotiated.media,
  })
  return { called, negotiated, statement }
}

/** What a call depends on besides what a read does. Names of arguments may have anything in them. */
function formOfCall(call: Call, by: Way): string {
  return `${by} ${call.preferences.params} ${mediaName(call.contentType)}\n${argumentForm(call)}`
}

/** What its rows are rows of: relationships of that table can be followed from them. */
export function rowsOf({ schema, name, composite, returned }: SqlFunction): Name {
  return { schema, name: composite ? returned.name : name }
}

function checkOf(call: Call, negotiated: Negotiated): ((outcome: Outcome) => void) | undefined {
  const { handling, maxAffected } = call.preferences
  const most = handling === 'strict' ? maxAffected : undefined
  if (negotiated.media.kind !== 'object' && most === undefined) return undefined
  return outcome => {
    checkSingular(negotiated, outcome)
    if (most !== undefined && outcome.rows > most) throw restErrors.maxAffected(outcome.rows)
  }
}
