import { restErrors } from '../errors.ts'
import { planRead, type ReadRequest } from '../plan/read.ts'
import type { ReadPlan } from '../plan/tree.ts'
import { putKey, type Returned, returnedBy, writtenColumns } from '../plan/write.ts'
import { type Level, levelAt, type Query } from '../request/ast.ts'
import { parsePayload } from '../request/body.ts'
import type { Answer } from '../response/answer.ts'
import { bodySql, chooseFormat, type Format, wantsOne } from '../response/format.ts'
import {
  appliedPreferences,
  chosenHeaders,
  chosenStatus,
  contentRange,
  locationOf,
} from '../response/headers.ts'
import type { Table } from '../schema/cache.ts'
import { readSql } from '../sql/read.ts'
import { ident, join, type Sql, sql, trusted, value } from '../sql/sql.ts'
import { mainStatement, type Outcome } from '../sql/statement.ts'
import { deleteSql, insertSql, updateSql } from '../sql/write.ts'
import { rowsAnswer } from './answers.ts'
import { execute, type Handling, profileHeader } from './parts.ts'

/** POST, PUT, PATCH and DELETE on a table. */
export async function changeRows(handling: Handling, table: Table): Promise<Answer> {
  const { call, parts } = handling
  const { method, preferences } = call
  const format = chooseFormat(call.header('accept'), { plans: parts.settings.plans })
  const shows = preferences.representation === 'representation'
  const plan = shows ? returnedPlan(handling, table) : undefined
  const locates =
    method === 'POST' && preferences.representation === 'headers-only' && table.primaryKey.length > 0
  const returned = plan
    ? returnedBy(plan)
    : locates
      ? { columns: new Set(table.primaryKey), row: false }
      : undefined
  const source = changeSql(handling, table, returned)
  const outcome = await execute(handling, {
    statement: mainStatement({
      source,
      rows: plan ? readSql(plan, ident('pgrst_source')).rows : trusted('select 1 from pgrst_source'),
      body: plan ? bodySql(format) : trusted(`''`),
      location: locates ? locationSql(table) : undefined,
      explain: format.kind === 'plan' ? format.plan : undefined,
    }),
    readOnly: false,
    check: checkOf(handling, format, shows),
  })
  if (plan && format.kind === 'plan') {
    const range = { offset: 0, limit: undefined }
    return rowsAnswer(handling, { outcome, format, range, heeded: heeded[method] ?? [] })
  }
  return changedAnswer(handling, table, outcome, plan ? format : undefined)
}

const heeded: Readonly<Record<string, Parameters<typeof appliedPreferences>[1]>> = {
  POST: ['resolution', 'missing', 'return', 'count', 'tx'],
  PUT: ['return', 'count', 'tx'],
  PATCH: ['missing', 'return', 'count', 'tx'],
  DELETE: ['return', 'count', 'tx'],
}

/** Filters chose what is changed; the rows that come back are all shown. */
function returnedPlan(handling: Handling, table: Table): ReadPlan {
  const { query } = handling.call
  const levels = new Map(query.levels)
  levels.set('', { ...unlimited, order: levelAt(query, []).order })
  return planRead(readRequest(handling, { ...query, levels }), {
    alias: 'pgrst_source',
    name: table.name,
    table,
  })
}

const unlimited: Level = { path: [], filters: [], order: [], limit: undefined, offset: 0 }

function readRequest({ call, parts, schema }: Handling, query: Query): ReadRequest {
  const { offset, limit } = levelAt(query, [])
  const { aggregates } = parts.settings
  return {
    schema,
    schemaName: call.schemaName,
    query,
    range: { offset, limit },
    aggregates,
    maxRows: undefined,
  }
}

function changeSql(handling: Handling, table: Table, returned: Returned | undefined): Sql {
  const { call } = handling
  const { method, query, preferences } = call
  if (method === 'DELETE') return deleteSql({ ...chosen(handling, table), returned })
  const payload = parsePayload(call.body, call.contentType)
  const defaults = preferences.missing === 'default'
  if (method === 'PATCH') {
    const columns = writtenColumns(table, payload.rows.slice(0, 1), query.columns)
    return updateSql({ ...chosen(handling, table), returned }, { payload, columns, defaults })
  }
  const key = method === 'PUT' ? putKey(table, query, payload) : undefined
  return insertSql({
    table,
    payload,
    columns: writtenColumns(table, payload.rows, query.columns),
    returned,
    resolution: key ? 'merge-duplicates' : preferences.resolution,
    conflict: (key ? undefined : query.onConflict) ?? table.primaryKey,
    defaults,
    key,
  })
}

function chosen(handling: Handling, table: Table) {
  const { query } = handling.call
  const own: Query = { ...query, items: [], levels: new Map([['', levelAt(query, [])]]) }
  const { name } = table
  const { filters, order, limit, offset } = planRead(readRequest(handling, own), { alias: name, name, table })
  return { table, filters, order, limit, offset }
}

/** What must be known before it is committed. Most changes need nothing, and go in one round trip. */
function checkOf(
  { call }: Handling,
  format: Format,
  shows: boolean,
): ((outcome: Outcome) => void) | undefined {
  const { handling, maxAffected } = call.preferences
  const limit = handling === 'strict' ? maxAffected : undefined
  const one = shows && wantsOne(format)
  const put = call.method === 'PUT'
  if (format.kind === 'plan' || (limit === undefined && !one && !put)) return undefined
  return ({ rows }) => {
    if (put && rows !== 1) throw restErrors.putMismatch()
    if (limit !== undefined && rows > limit) throw restErrors.maxAffected(rows)
    if (one && rows !== 1) throw restErrors.notOne(rows)
  }
}

function locationSql({ primaryKey }: Table): Sql {
  const pairs = primaryKey.map(name => sql`${value(name)}::text, pgrst_source.${ident(name)}`)
  return sql`(select json_build_object(${join(pairs, ', ')}) from pgrst_source limit 1)::text`
}

function changedAnswer(
  handling: Handling,
  table: Table,
  outcome: Outcome,
  format: Format | undefined,
): Answer {
  const { method, preferences } = handling.call
  const { rows } = outcome
  const total = preferences.count === undefined ? undefined : rows
  const status = method === 'POST' ? 201 : format ? 200 : 204
  return {
    status: chosenStatus(outcome) ?? status,
    headers: {
      'content-range': method === 'PATCH' ? contentRange(0, rows, total) : `*/${total ?? '*'}`,
      ...(outcome.location === null ? {} : { location: locationOf(table.name, outcome.location) }),
      ...profileHeader(handling),
      ...appliedPreferences(preferences, heeded[method] ?? []),
      ...(format ? { 'content-type': format.contentType } : {}),
      ...chosenHeaders(outcome),
    },
    body: format ? outcome.body : '',
  }
}
