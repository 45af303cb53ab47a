import { restErrors } from '../errors.ts'
import type { Schema, SqlFunction } from '../schema/cache.ts'
import { closest } from './suggest.ts'

/** What came with a call. */
export interface CallInput {
  readonly names: readonly string[]
  /** Content type of a POST; undefined for GET and HEAD. */
  readonly contentType: string | undefined
  readonly singleObject: boolean
}

export interface CallPlan {
  readonly called: SqlFunction
  /** Whether the body as a whole is the only argument. */
  readonly takesBody: boolean
}

const wholeTypes: Readonly<Record<string, readonly string[]>> = {
  'application/json': ['json', 'jsonb'],
  'text/plain': ['text'],
  'text/xml': ['xml'],
  'application/octet-stream': ['bytea'],
}

/** The overload that takes exactly these arguments. Throws PGRST202 and PGRST203. */
export function planCall(schema: Schema, schemaName: string, name: string, input: CallInput): CallPlan {
  const overloads = schema.functions.get(`${schemaName}.${name}`) ?? []
  const whole = overloads.filter(one => takesBody(one, input))
  const wholeOnly =
    input.contentType !== undefined && /^text\/(plain|xml)$|octet-stream/.test(input.contentType)
  if (wholeOnly || input.singleObject) return { called: only(whole) ?? fail(), takesBody: true }
  const called = only(overloads.filter(one => accepts(one, input.names)))
  if (called) return { called, takesBody: false }
  return { called: only(whole) ?? fail(), takesBody: true }

  function fail(): never {
    throw missing(schema, schemaName, name, overloads, input, wholeOnly)
  }
}

function only(list: readonly SqlFunction[]): SqlFunction | undefined {
  if (list.length > 1) throw restErrors.ambiguousFunction(list.map(signature))
  return list[0]
}

function accepts({ parameters }: SqlFunction, names: readonly string[]): boolean {
  const known = new Set(parameters.map(({ name }) => name))
  const given = new Set(names)
  return (
    names.every(name => known.has(name)) &&
    parameters.every(
      ({ name, required, variadic }) => given.has(name) || variadic || (!required && name !== ''),
    )
  )
}

function takesBody({ parameters }: SqlFunction, { contentType, singleObject }: CallInput): boolean {
  const [one, another] = parameters
  if (!one || another || contentType === undefined) return false
  if (singleObject) return one.type === 'json' || one.type === 'jsonb'
  return one.name === '' && wholeTypes[contentType]?.includes(one.type) === true
}

function signature({ schema, name, parameters }: SqlFunction): string {
  return `${schema}.${name}(${parameters.map(one => `${one.name} => ${one.type}`).join(', ')})`
}

function missing(
  schema: Schema,
  schemaName: string,
  name: string,
  overloads: readonly SqlFunction[],
  { names, contentType }: CallInput,
  wholeOnly: boolean,
) {
  const full = `${schemaName}.${name}`
  const list = names.join(', ')
  const shown = names.length === 0 ? ' without parameters' : `(${list})`
  const searched =
    names.length === 0 ? ' without parameters' : ` with parameter${names.length > 1 ? 's' : ''} ${list}`
  const type = contentType === undefined ? undefined : wholeTypes[contentType]?.join('/')
  const details = wholeOnly
    ? ` with a single unnamed ${type} parameter`
    : `${searched}${type === undefined ? '' : ` or with a single unnamed ${type} parameter`}`
  return restErrors.noFunction(
    `Could not find the function ${full}${wholeOnly ? '' : shown} in the schema cache`,
    `Searched for the function ${full}${details}, but no matches were found in the schema cache.`,
    wholeOnly ? null : advice(schema, schemaName, name, overloads, names),
  )
}

function advice(
  schema: Schema,
  schemaName: string,
  name: string,
  overloads: readonly SqlFunction[],
  names: readonly string[],
): string | null {
  if (overloads.length === 0) {
    const prefix = `${schemaName}.`
    const known = [...schema.functions.keys()].filter(key => key.startsWith(prefix))
    const close = closest(
      name,
      known.map(key => key.slice(prefix.length)),
    )
    return close === undefined ? null : `Perhaps you meant to call the function ${prefix}${close}`
  }
  const lists = overloads.map(({ parameters }) => parameters.map(one => one.name).join(', '))
  const close = closest(names.join(', '), lists) ?? (lists.length === 1 ? lists[0] : undefined)
  return close === undefined
    ? null
    : `Perhaps you meant to call the function ${schemaName}.${name}${close === '' ? '' : `(${close})`}`
}
