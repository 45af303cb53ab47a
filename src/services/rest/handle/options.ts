import { restErrors } from '../errors.ts'
import { calledFunction } from '../plan/call.ts'
import type { Action } from '../request/call.ts'
import type { Answer } from '../response/answer.ts'
import type { Table } from '../schema/cache.ts'
import type { Handling } from './parts.ts'

/** OPTIONS: what can be done with a resource. */
export function allowedMethods(handling: Handling, action: Extract<Action, { kind: 'info' }>): Answer {
  const methods = methodsOf(handling, action)
  handling.timing.ended('plan')
  // There is none, which takes no time: whoever reads the header looks for each stage.
  handling.timing.ended('transaction')
  return {
    status: 200,
    headers: { 'access-control-allow-origin': '*', allow: methods.join(',') },
    body: '',
  }
}

function methodsOf({ call, schema }: Handling, action: Extract<Action, { kind: 'info' }>): readonly string[] {
  if (action.of === 'root') return reading
  if (action.of === 'function') {
    // It is looked up as a call is: without its arguments it is not found.
    const { volatility } = calledFunction(schema, action.name, call)
    return volatility === 'v' ? ['OPTIONS', 'POST'] : [...reading, 'POST']
  }
  const table = schema.tables.get(`${call.schemaName}.${action.name}`)
  if (!table) throw restErrors.notFound()
  return [...reading, ...changing(table)]
}

const reading = ['OPTIONS', 'GET', 'HEAD']

function changing({ insertable, updatable, deletable, primaryKey }: Table): readonly string[] {
  return [
    ...(insertable ? ['POST'] : []),
    ...(insertable && updatable && primaryKey.length > 0 ? ['PUT'] : []),
    ...(updatable ? ['PATCH'] : []),
    ...(deletable ? ['DELETE'] : []),
  ]
}
