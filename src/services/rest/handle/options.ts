import { restErrors } from '../errors.ts'
import type { Action } from '../request/call.ts'
import type { Answer } from '../response/answer.ts'
import type { Table } from '../schema/cache.ts'
import { plannedCall } from './function.ts'
import { checkPreferences, type Handling } from './parts.ts'

/** OPTIONS: what can be done with a resource. */
export function allowedMethods(handling: Handling, action: Extract<Action, { kind: 'info' }>): Answer {
  const methods = methodsOf(handling, action)
  return {
    status: 200,
    headers: { 'access-control-allow-origin': '*', allow: methods.join(',') },
    body: '',
  }
}

function methodsOf(handling: Handling, action: Extract<Action, { kind: 'info' }>): readonly string[] {
  const { call, schema, timing } = handling
  if (action.of === 'root') return reading
  if (action.of === 'function') {
    // It is planned as a call is: without its arguments it is not found.
    const { called } = plannedCall(handling, action.name, 'head')
    checkPreferences(call)
    timing.ended('plan')
    return called.volatility === 'v' ? ['OPTIONS', 'POST'] : [...reading, 'POST']
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
