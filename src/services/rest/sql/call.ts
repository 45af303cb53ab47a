import { restErrors } from '../errors.ts'
import type { Schema, SqlFunction } from '../schema/cache.ts'
import { ident, literal } from './quote.ts'

export interface CallSql {
  readonly called: SqlFunction
  /** What stands in FROM. */
  readonly sql: string
}

/** The overload that takes exactly these arguments, called with them. `args` are JSON values, or texts that came in a query. */
export function callSql(
  schema: Schema,
  schemaName: string,
  name: string,
  args: ReadonlyMap<string, unknown>,
  body: string | undefined,
): CallSql {
  const overloads = schema.functions.get(`${schemaName}.${name}`) ?? []
  const names = [...args.keys()]
  const called =
    overloads.find(one => accepts(one, names)) ??
    overloads.find(one => takesWholeBody(one) && body !== undefined)
  if (!called) {
    const [like] = [...schema.functions.keys()].filter(
      key => key.startsWith(`${schemaName}.`) && close(key.slice(schemaName.length + 1), name),
    )
    const hint = overloads[0]
      ? `Perhaps you meant to call the function ${schemaName}.${name}(${overloads[0].parameters.map(one => one.name).join(', ')})`
      : like
        ? `Perhaps you meant to call the function ${like}`
        : null
    throw restErrors.noFunction(schemaName, name, names, hint)
  }
  const target = `${ident(schemaName)}.${ident(name)}`
  if (!accepts(called, names))
    return { called, sql: `${target}(${literal(body ?? '')}::${called.parameters[0]?.type})` }
  const given = called.parameters.filter(({ name: parameter }) => args.has(parameter))
  const list = given.map(({ name: parameter, type, variadic }) => {
    const value = args.get(parameter)
    return `${variadic ? 'variadic ' : ''}${ident(parameter)} := ${valueSql(value, type)}`
  })
  return { called, sql: `${target}(${list.join(', ')})` }
}

function accepts({ parameters }: SqlFunction, names: readonly string[]): boolean {
  const known = new Set(parameters.map(({ name }) => name))
  return (
    names.every(name => known.has(name)) &&
    parameters.every(({ name, required, variadic }) => !required || variadic || names.includes(name)) &&
    parameters.every(({ name, required }) => name !== '' || !required)
  )
}

function takesWholeBody({ parameters }: SqlFunction): boolean {
  const [only, another] = parameters
  return !another && only?.name === '' && ['json', 'jsonb', 'text', 'xml', 'bytea'].includes(only.type)
}

function valueSql(value: unknown, type: string): string {
  if (value === null || value === undefined) return `null::${type}`
  if (type === 'json' || type === 'jsonb')
    return `${literal(typeof value === 'string' ? value : JSON.stringify(value))}::${type}`
  if (typeof value === 'object') {
    // Arrays and composites are read by PostgreSQL from their JSON.
    return `(select x from json_to_record(${literal(JSON.stringify({ x: value }))}::json) as _(x ${type}))`
  }
  return `${literal(String(value))}::${type}`
}

function close(a: string, b: string): boolean {
  return a !== b && (a.startsWith(b.slice(0, -1)) || b.startsWith(a.slice(0, -1)))
}
