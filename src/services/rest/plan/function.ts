import { restErrors } from '../errors.ts'
import { type Name, type Schema, type SqlFunction, tableKey } from '../schema/cache.ts'
import { closest } from './suggest.ts'

/** What came with a call. */
export interface CallInput {
  readonly names: ReadonlySet<string>
  readonly isPost: boolean
  readonly contentType: string
  /** Whether the body as a whole is meant to be the only argument. */
  readonly singleObject: boolean
}

const wholeTypes: ReadonlyMap<string, readonly string[]> = new Map([
  ['application/json', ['json', 'jsonb']],
  ['text/plain', ['text']],
  ['text/xml', ['xml']],
  ['application/octet-stream', ['bytea']],
])

/** The overload that takes exactly these arguments; without one, that which takes the body as a whole. Throws PGRST202 and PGRST203. */
export function findFunction(schema: Schema, name: Name, input: CallInput): SqlFunction {
  const overloads = schema.functions.get(tableKey(name)) ?? []
  const named = overloads.filter(one => accepts(one, input))
  const fitting = named.length > 0 ? named : overloads.filter(one => takesBody(one, input))
  const [found, another] = fitting
  if (!found) throw missing(schema, name, overloads, input)
  if (another) throw restErrors.ambiguousFunction(fitting.map(signature))
  return found
}

function accepts(
  { parameters }: SqlFunction,
  { names, isPost, contentType, singleObject }: CallInput,
): boolean {
  const [first] = parameters
  if (singleObject) return parameters.length === 1 && (first?.type === 'json' || first?.type === 'jsonb')
  if (!first) return names.size === 0 && !(isPost && isWhole(contentType))
  const known = new Set(parameters.map(({ name }) => name))
  return (
    [...names].every(name => known.has(name)) &&
    parameters.every(({ name, required }) => !required || names.has(name))
  )
}

function isWhole(contentType: string): boolean {
  return contentType !== 'application/json' && wholeTypes.has(contentType)
}

function takesBody({ parameters }: SqlFunction, { isPost, contentType }: CallInput): boolean {
  const [one, another] = parameters
  return isPost && !another && one !== undefined && wholeTypes.get(contentType)?.includes(one.type) === true
}

function signature({ schema, name, parameters }: SqlFunction): string {
  return `${schema}.${name}(${parameters.map(one => `${one.name} => ${one.type}`).join(', ')})`
}

function missing(schema: Schema, name: Name, overloads: readonly SqlFunction[], input: CallInput) {
  const { isPost, contentType, singleObject } = input
  const full = tableKey(name)
  const names = [...input.names].sort()
  const list = names.join(', ')
  const wholeOnly = singleObject || (isPost && isWhole(contentType))
  const shown = names.length === 0 ? ' without parameters' : `(${list})`
  const plain =
    names.length === 0 ? ' without parameters' : ` with parameter${names.length > 1 ? 's' : ''} ${list}`
  return restErrors.noFunction(
    `Could not find the function ${full}${wholeOnly ? '' : shown} in the schema cache`,
    `Searched for the function ${full}${searched(input, plain)}, but no matches were found in the schema cache.`,
    wholeOnly ? null : advice(schema, name, overloads, names),
  )
}

function searched({ isPost, contentType, singleObject }: CallInput, plain: string): string {
  if (singleObject) return ' with a single json/jsonb parameter'
  if (!isPost) return plain
  if (contentType === 'application/json') return `${plain} or with a single unnamed json/jsonb parameter`
  return isWhole(contentType) ? ` with a single unnamed ${wholeTypes.get(contentType)} parameter` : plain
}

function advice(
  schema: Schema,
  { schema: schemaName, name }: Name,
  overloads: readonly SqlFunction[],
  names: readonly string[],
): string | null {
  const start = `${schemaName}.`
  const asked = (list: readonly string[]) => `(${[...list].sort().join(', ')})`
  const close =
    overloads.length === 0
      ? closest(
          name,
          [...schema.functions.keys()].flatMap(key =>
            key.startsWith(start) ? [key.slice(start.length)] : [],
          ),
        )?.name
      : closest(
          asked(names),
          overloads.map(({ parameters }) => asked(parameters.map(one => one.name))),
        )?.name
  if (close === undefined) return null
  return `Perhaps you meant to call the function ${start}${overloads.length === 0 ? '' : name}${close}`
}
