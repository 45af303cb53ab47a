import { restErrors } from '../errors.ts'
import { type ChangePlan, planChange } from '../plan/change.ts'
import { type Negotiated, negotiate } from '../plan/format.ts'
import { isDefaultSelect, planRead } from '../plan/read.ts'
import { jsonBody } from '../request/body.ts'
import type { Call } from '../request/call.ts'
import { appliedPreferences } from '../request/preferences.ts'
import { limitOf } from '../request/range.ts'
import { standInFor } from '../request/shape.ts'
import type { Answer } from '../response/answer.ts'
import { contentRange, locationOf } from '../response/headers.ts'
import { formatSql } from '../sql/format.ts'
import { locationSql } from '../sql/location.ts'
import { readSql } from '../sql/read.ts'
import { trusted } from '../sql/sql.ts'
import { mainStatement, type Outcome } from '../sql/statement.ts'
import { changeSql, countsInserted } from '../sql/write.ts'
import { formOf, type Planned } from './known-plans.ts'
import { checkPreferences, type Executed, execute, type Handling } from './parts.ts'
import { bodyOf, checkSingular, overridden, planAnswer, typeHeaders } from './shape.ts'

export interface PlannedChange extends Planned {
  readonly change: ChangePlan
  readonly negotiated: Negotiated
}

/** POST, PUT, PATCH and DELETE on a table or a view. */
export async function changeTable(handling: Handling, name: string): Promise<Answer> {
  const { parts, known, call, settings } = handling
  const { shape } = call.query
  const text = call.payload?.kind === 'json' ? call.payload.text : ''
  const form = shape && `${formOf(settings, call, shape.key)}\n${formOfChange(call)}\n${name}`
  const { change, negotiated, statement } = form
    ? parts.changes.get(known, form, [...shape.values, text], () =>
        planned(handling, name, standInFor(shape.values.length)),
      )
    : planned(handling, name, text)
  checkPreferences(call)
  const shows = call.preferences.representation === 'representation'
  const outcome = await execute(handling, {
    statement,
    media: negotiated.media,
    readOnly: false,
    check: checkOf(handling, negotiated),
  })
  if (outcome.plan !== undefined) return planAnswer(handling, negotiated, outcome.plan)
  return overridden(outcome, changedAnswer(handling, { change, outcome, negotiated, name, shows }))
}

/** `text` stands for the body. */
function planned({ call, schema, settings }: Handling, name: string, text: string): PlannedChange {
  const table = { schema: call.schemaName, name }
  const plan = planRead(schema, table, call, settings)
  const change = planChange(schema, table, call, plan)
  checkPreferences(call)
  const rules = { target: table, isWhole: isDefaultSelect(plan), plans: settings.plans }
  const found = negotiate(schema, call.accept, rules)
  const shows = call.preferences.representation === 'representation'
  const negotiated: Negotiated = shows ? found : { ...found, format: { kind: 'nothing' } }
  const locates = change.kind === 'insert' && call.preferences.representation === 'headers-only'
  const statement = mainStatement({
    source: changeSql(change.kind === 'delete' ? change : { ...change, body: { ...change.body, text } }),
    rows: shows ? readSql(plan) : trusted('SELECT * FROM pgrst_source'),
    body: formatSql(negotiated.format, { reshaped: true, explained: negotiated.media.kind === 'plan' }),
    change: {
      location: locates ? locationSql(change.primaryKey) : undefined,
      inserted: countsInserted(change),
    },
    media: negotiated.media,
  })
  return { change, negotiated, statement }
}

/** What a change depends on besides what a read does. Names of a body may have anything in them. */
function formOfChange({ action, method, preferences, payload }: Call): string {
  const { representation, resolution, missing } = preferences
  const keys = payload && JSON.stringify([...payload.keys].sort())
  const isObject = payload?.kind === 'json' && jsonBody(payload.text).isObject
  return `${method} ${action.kind} ${representation} ${resolution} ${missing} ${isObject} ${keys}`
}

/** What must be known before it is committed. Most changes need nothing, and go in one round trip. */
function checkOf({ call }: Handling, negotiated: Negotiated): ((outcome: Outcome) => void) | undefined {
  const { handling, maxAffected } = call.preferences
  const most = handling === 'strict' ? maxAffected : undefined
  const limit = limitOf(call.range)
  const isOne = negotiated.media.kind === 'object'
  switch (call.action.kind) {
    case 'upsert':
      return ({ rows }) => {
        if (rows !== 1) throw restErrors.putMismatch()
      }
    case 'create':
      return isOne ? outcome => checkSingular(negotiated, outcome) : undefined
    default:
      if (!isOne && most === undefined && limit === undefined) return undefined
      return outcome => {
        checkSingular(negotiated, outcome)
        if (most !== undefined && outcome.rows > most) throw restErrors.maxAffected(outcome.rows)
        if (limit !== undefined && outcome.rows > limit) throw restErrors.offLimits(outcome.rows, limit)
      }
  }
}

interface Changed {
  readonly change: ChangePlan
  readonly outcome: Executed
  readonly negotiated: Negotiated
  readonly name: string
  readonly shows: boolean
}

function changedAnswer(handling: Handling, changed: Changed): Answer {
  const { outcome, negotiated, shows } = changed
  const { call } = handling
  const types = shows ? typeHeaders(handling, negotiated) : {}
  const body = shows ? bodyOf(outcome, negotiated) : ''
  const { count } = call.preferences
  const total = count === 'exact' || count === 'estimated' ? outcome.rows : undefined
  const done = shows ? 200 : 204
  switch (call.action.kind) {
    case 'create':
      return { status: createdStatus(call.preferences.resolution, outcome), headers: createdHeaders(), body }
    case 'upsert': {
      const status = shows ? ((outcome.inserted ?? 0) > 0 ? 201 : 200) : 204
      return { status, headers: { ...types, ...applied(['representation', 'count', 'tx']) }, body }
    }
    case 'update': {
      const range = { 'content-range': contentRange(0, outcome.rows - 1, total) }
      const heeded = applied(['missing', 'representation', 'count', 'tx', 'maxAffected'])
      return { status: done, headers: { ...range, ...heeded, ...types }, body }
    }
    default: {
      const range = { 'content-range': contentRange(1, 0, total) }
      const heeded = applied(['representation', 'count', 'tx', 'maxAffected'])
      return { status: done, headers: { ...range, ...heeded, ...types }, body }
    }
  }

  function applied(heeded: Parameters<typeof appliedPreferences>[1]): Record<string, string> {
    return appliedPreferences(call.preferences, [...heeded, 'handling', 'timezone'])
  }

  function createdHeaders(): Record<string, string> {
    const location = locationOf(changed.name, outcome.location)
    const { change } = changed
    const hasKey = change.kind === 'insert' && (change.primaryKey.length > 0 || call.query.onConflict)
    return {
      ...(location === undefined ? {} : { location }),
      'content-range': contentRange(1, 0, total),
      ...applied(['missing', 'representation', 'count', 'tx', ...(hasKey ? (['resolution'] as const) : [])]),
      ...types,
    }
  }
}

/** Where rows that were there may be changed instead, it matters whether one is new. */
function createdStatus(resolution: string | undefined, { inserted }: Executed): number {
  return resolution === 'merge-duplicates' && (inserted ?? 0) <= 0 ? 200 : 201
}
