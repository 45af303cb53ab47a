import { type JsonBody, jsonBody } from '../request/body.ts'
import type { Call } from '../request/call.ts'
import { mediaName } from '../request/media.ts'
import type { Parameter, Schema, SqlFunction } from '../schema/cache.ts'
import { findFunction } from './function.ts'
import { returnedColumns } from './returned.ts'
import type { ReadPlan } from './tree.ts'

/** A function with what it is called with. */
export interface CallPlan {
  readonly called: SqlFunction
  readonly argument:
    | { readonly kind: 'whole'; readonly type: string; readonly text: string }
    | { readonly kind: 'named'; readonly parameters: readonly Parameter[]; readonly json: JsonBody }
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

/** `standIn`: stands for what it is called with, in place of `argumentText`. */
export function planCall(called: SqlFunction, call: Call, plan: ReadPlan, standIn?: string): CallPlan {
  const returned = returnedColumns(plan, [])
  const whole = wholeParameter(called, call)
  const own = argumentText(called, call)
  const text = standIn ?? own
  if (whole) return { called, argument: { kind: 'whole', type: whole.type, text }, returned }
  const given = argumentNames(call)
  const parameters = called.parameters.filter(({ name }) => given.has(name))
  return { called, argument: { kind: 'named', parameters, json: { ...jsonBody(own), text } }, returned }
}

/** The one parameter that takes all that was sent. */
function wholeParameter({ parameters }: SqlFunction, { preferences }: Call): Parameter | undefined {
  const [only, another] = parameters
  return only && !another && (only.name === '' || preferences.params === 'single-object') ? only : undefined
}

/** What a function is called with, as the one value that the statement has for it: arguments in JSON, or the body as PostgreSQL reads it. */
export function argumentText(called: SqlFunction, call: Call): string {
  const { payload } = call
  const type = wholeParameter(called, call)?.type
  if (type === 'bytea') {
    const bytes = payload?.kind === 'raw' ? payload.bytes : Buffer.from(jsonArguments(called, call))
    return `\\x${bytes.toString('hex')}`
  }
  return jsonArguments(called, call)
}

/** What of an argument's text the statement depends on. */
export function argumentForm({ payload }: Call): string {
  if (!payload) return ''
  const isObject = payload.kind !== 'json' || jsonBody(payload.text).isObject
  return `${payload.kind} ${isObject} ${JSON.stringify([...payload.keys].sort())}`
}

function argumentNames({ payload, query }: Call): ReadonlySet<string> {
  return payload ? payload.keys : new Set(query.args.map(([name]) => name))
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
