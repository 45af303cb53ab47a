import { restErrors } from '../errors.ts'
import { type CallPlan, planCall } from '../plan/call.ts'
import { planRead } from '../plan/read.ts'
import { levelAt } from '../request/ast.ts'
import { parseJson, parsePayload } from '../request/body.ts'
import { type Range, rangeOf } from '../request/range.ts'
import type { Answer } from '../response/answer.ts'
import { bodySql, chooseFormat, type Format, wantsOne } from '../response/format.ts'
import type { SqlFunction } from '../schema/cache.ts'
import { type Arguments, callSql } from '../sql/call.ts'
import { limitSql, readSql } from '../sql/read.ts'
import { nothing, type Sql, sql, trusted } from '../sql/sql.ts'
import { mainStatement } from '../sql/statement.ts'
import { countingOf, rowsAnswer } from './answers.ts'
import { execute, type Handling } from './parts.ts'

/** /rpc/name by GET, HEAD or POST. */
export async function callFunction(handling: Handling, name: string): Promise<Answer> {
  const { call, schema, parts } = handling
  const { method, preferences } = call
  const reads = method === 'GET' || method === 'HEAD'
  if (!reads && method !== 'POST') throw restErrors.rpcMethod(method)
  const given = argumentsOf(handling, reads)
  const plan = planCall(schema, call.schemaName, name, {
    names: given.kind === 'texts' ? [...given.values.keys()] : given.kind === 'json' ? given.names : [],
    contentType: reads ? undefined : call.contentType,
    singleObject: preferences.params === 'single-object',
  })
  const { called } = plan
  const format = chooseFormat(call.header('accept'), { plans: parts.settings.plans, called })
  const range = rangeOf(
    reads ? call.header('range') : undefined,
    levelAt(call.query, []),
    parts.settings.maxRows,
  )
  const from = callSql(plan, plan.takesBody ? { kind: 'body', body: call.body } : given)
  const { rows, counted, body } = resultSql(handling, plan, from, { range, format })
  const counting = called.kind === 'void' ? {} : countingOf(handling, counted)
  const outcome = await execute(handling, {
    statement: mainStatement({
      rows,
      body: method === 'HEAD' ? trusted(`''`) : body,
      counted: counting.counted,
      explain: format.kind === 'plan' ? format.plan : undefined,
    }),
    estimated: counting.estimated,
    readOnly: reads || called.volatility !== 'v',
    check:
      !reads && wantsOne(format) && called.kind !== 'void'
        ? ({ rows: count }) => {
            if (count !== 1) throw restErrors.notOne(count)
          }
        : undefined,
  })
  const answer = rowsAnswer(handling, { outcome, format, range, heeded: ['count', 'tx', 'params'] })
  if (called.kind === 'void' && format.kind !== 'plan') {
    const { 'content-type': _, ...headers } = answer.headers
    return { status: answer.status === 200 ? 204 : answer.status, headers, body: '' }
  }
  if (format.kind === 'raw' && called.isBytes) return { ...answer, body: Buffer.from(outcome.body, 'hex') }
  return answer
}

function argumentsOf({ call }: Handling, reads: boolean): Arguments {
  if (reads) {
    const values = new Map<string, string[]>()
    for (const [name, text] of call.query.args) values.set(name, [...(values.get(name) ?? []), text])
    return { kind: 'texts', values }
  }
  switch (call.contentType) {
    case 'application/json': {
      const text = call.body.toString()
      const parsed = call.preferences.params === 'single-object' ? {} : parseJson(text)
      if (Array.isArray(parsed) || typeof parsed !== 'object' || parsed === null)
        return { kind: 'json', names: [], json: '{}' }
      return { kind: 'json', names: Object.keys(parsed), json: text.trim() === '' ? '{}' : text }
    }
    case 'text/csv':
    case 'application/x-www-form-urlencoded': {
      const [row = {}] = parsePayload(call.body, call.contentType).rows
      const texts = Object.entries(row).map(([name, text]): [string, string[]] => [name, [String(text)]])
      return { kind: 'texts', values: new Map(texts) }
    }
    default:
      return { kind: 'body', body: call.body }
  }
}

/** What is read from the call: rows of a table, values, or nothing. */
function resultSql(
  handling: Handling,
  { called }: CallPlan,
  from: Sql,
  { range, format }: { readonly range: Range; readonly format: Format },
): { rows: Sql; counted: Sql; body: Sql } {
  const { call, parts, schema } = handling
  if (called.kind === 'composite') {
    const { aggregates, maxRows } = parts.settings
    const table = called.table === null ? undefined : schema.tables.get(called.table)
    const { query, schemaName } = call
    const plan = planRead(
      { schema, schemaName, query, range, aggregates, maxRows },
      { alias: 'pgrst_call', name: table?.name ?? called.name, table },
    )
    return { ...readSql(plan, from), body: bodySql(format, !called.set) }
  }
  const limit = called.set ? limitSql(range) : nothing
  return {
    rows: sql`select pgrst_call as pgrst_scalar from ${from}${limit}`,
    counted: sql`select 1 from ${from}`,
    body: scalarBody(called, format),
  }
}

function scalarBody({ kind, set, isBytes }: SqlFunction, format: Format): Sql {
  if (kind === 'void') return trusted(`''`)
  if (format.kind === 'plan') return trusted(`json_agg(_.pgrst_scalar)::text`)
  if (format.kind === 'csv') return bodySql(format)
  if (format.kind === 'raw')
    return trusted(
      isBytes ? `encode(string_agg(_.pgrst_scalar, ''), 'hex')` : `string_agg(_.pgrst_scalar::text, '')`,
    )
  return trusted(
    set
      ? `coalesce(json_agg(_.pgrst_scalar), '[]')::text`
      : `coalesce((json_agg(_.pgrst_scalar)->0)::text, 'null')`,
  )
}
