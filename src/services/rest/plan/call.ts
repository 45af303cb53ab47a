import type { Call } from '../request/call.ts'
import { mediaName } from '../request/media.ts'
import type { Parameter, Schema, SqlFunction } from '../schema/cache.ts'
import { findFunction } from './function.ts'
import { returnedColumns } from './returned.ts'
import type { PlannedLogic, ReadPlan } from './tree.ts'

/** A function with what it is called with. */
export interface CallPlan {
  readonly called: SqlFunction
  readonly argument:
    | { readonly kind: 'whole'; readonly type: string; readonly body: string | Buffer }
    | { readonly kind: 'named'; readonly parameters: readonly Parameter[]; readonly json: string }
  readonly returned: readonly string[]
}

/** The overload that a request calls. Throws PGRST202 and PGRST203. */
export function calledFunction(schema: Schema, name: string, call: Call): SqlFunction {
  const { action, schemaName, preferences, contentType } = call
  return findFunction(
    schema,
    { schema: schemaName, name },
    {
      names: argumentNames(call),
      isPost: action.kind === 'call' && action.by === 'post',
      contentType: mediaName(contentType),
      singleObject: preferences.params === 'single-object',
    },
  )
}

export function planCall(called: SqlFunction, call: Call, plan: ReadPlan): CallPlan {
  const { parameters } = called
  const [only] = parameters
  const returned = returnedColumns(plan, askedColumns(plan))
  if (only && parameters.length === 1 && (only.name === '' || call.preferences.params === 'single-object'))
    return { called, argument: { kind: 'whole', type: only.type, body: wholeBody(called, call) }, returned }
  const given = argumentNames(call)
  const named = parameters.filter(({ name }) => given.has(name))
  return {
    called,
    argument: { kind: 'named', parameters: named, json: jsonArguments(called, call) },
    returned,
  }
}

/** Columns of its rows that are asked for without being shown. */
function askedColumns({ filters, order }: ReadPlan): readonly string[] {
  const named = (logic: PlannedLogic): readonly string[] =>
    logic.kind === 'filter'
      ? [logic.field.name]
      : logic.kind === 'no-embed'
        ? []
        : logic.members.flatMap(named)
  return [
    ...filters.flatMap(named),
    ...order.flatMap(({ field, relation }) => (relation === undefined ? [field.name] : [])),
  ]
}

function argumentNames({ payload, query }: Call): ReadonlySet<string> {
  return payload ? payload.keys : new Set(query.args.map(([name]) => name))
}

function wholeBody(called: SqlFunction, call: Call): string | Buffer {
  return call.payload?.kind === 'raw' ? call.payload.bytes : jsonArguments(called, call)
}

function jsonArguments(called: SqlFunction, { payload, query }: Call): string {
  if (!payload) return jsonOf(called, query.args)
  switch (payload.kind) {
    case 'json':
      return payload.text
    case 'form':
      return jsonOf(called, payload.fields)
    case 'raw':
      return payload.bytes.toString()
  }
}

/** Texts by their names; of a variadic parameter, all that were given. */
function jsonOf({ parameters }: SqlFunction, pairs: readonly (readonly [string, string])[]): string {
  const lists = new Set(parameters.filter(({ variadic }) => variadic).map(({ name }) => name))
  const values = new Map<string, string | string[]>()
  for (const [name, text] of pairs) {
    const before = values.get(name)
    if (!lists.has(name)) values.set(name, text)
    else values.set(name, Array.isArray(before) ? [...before, text] : [text])
  }
  return JSON.stringify(Object.fromEntries(values))
}
