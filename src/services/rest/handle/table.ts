import { restErrors } from '../errors.ts'
import { planRead } from '../plan/read.ts'
import { levelAt } from '../request/ast.ts'
import { rangeOf } from '../request/range.ts'
import type { Answer } from '../response/answer.ts'
import { bodySql, chooseFormat } from '../response/format.ts'
import type { Table } from '../schema/cache.ts'
import { readSql } from '../sql/read.ts'
import { ident, qualified, sql, trusted } from '../sql/sql.ts'
import { mainStatement } from '../sql/statement.ts'
import { countingOf, rowsAnswer } from './answers.ts'
import { changeRows } from './change.ts'
import { execute, type Handling } from './parts.ts'

export async function readTable(handling: Handling, name: string): Promise<Answer> {
  const { call, parts, schema } = handling
  const { maxRows, aggregates, plans } = parts.settings
  const format = chooseFormat(call.header('accept'), { plans })
  const table = tableOf(handling, name)
  const { query, schemaName } = call
  const range = rangeOf(call.method === 'GET' ? call.header('range') : undefined, levelAt(query, []), maxRows)
  const plan = planRead(
    { schema, schemaName, query, range, aggregates, maxRows },
    { alias: name, name, table },
  )
  const { rows, counted } = readSql(plan, sql`${qualified(table)} as ${ident(name)}`)
  const counting = countingOf(handling, counted)
  const outcome = await execute(handling, {
    statement: mainStatement({
      rows,
      body: call.method === 'HEAD' ? trusted(`''`) : bodySql(format),
      counted: counting.counted,
      explain: format.kind === 'plan' ? format.plan : undefined,
    }),
    estimated: counting.estimated,
    readOnly: true,
  })
  const answer = rowsAnswer(handling, { outcome, format, range, heeded: ['count'] })
  return {
    ...answer,
    headers: { 'content-location': locationOf(call.request.url ?? '/'), ...answer.headers },
  }
}

/** The address with its parameters in order. */
function locationOf(url: string): string {
  const mark = url.indexOf('?')
  if (mark < 0) return url
  const parameters = new URLSearchParams(url.slice(mark + 1))
  parameters.sort()
  const list = [...parameters].map(
    ([name, text]) => `${encodeURIComponent(name)}=${encodeURIComponent(text)}`,
  )
  return `${url.slice(0, mark)}${list.length === 0 ? '' : `?${list.join('&')}`}`
}

export function changeTable(handling: Handling, name: string): Promise<Answer> {
  return changeRows(handling, tableOf(handling, name))
}

function tableOf({ call, schema }: Handling, name: string): Table {
  const table = schema.tables.get(`${call.schemaName}.${name}`)
  if (!table) throw restErrors.noTable(call.schemaName, name)
  return table
}
