import { errors } from '../errors.ts'

type Scalar = string | number | boolean

const comparisons: Readonly<Record<string, string>> = { $gt: '>', $gte: '>=', $lt: '<', $lte: '<=' }
const deepest = 16
const mostClauses = 500

/**
 * A filter on metadata as SQL over the column `metadata`; values are bound with `bind`. Fields are compared as S3 Vectors does: by value
 * and type, and a list holds when one of its elements does. A field that is not there fails all but `$exists: false`.
 * Throws invalidParameter for what is no filter, or asks for a field in `hidden`.
 */
export function filterSql(
  filter: unknown,
  hidden: readonly string[],
  bind: (value: unknown) => string,
): string {
  let clauses = 0
  return all(filter, 0)

  function all(from: unknown, depth: number): string {
    const entries = entriesOf(from, 'Filter')
    if (depth > deepest) refuse(`Filter must not be nested deeper than ${deepest}`)
    if ('$and' in (from as object) || '$or' in (from as object)) {
      if (entries.length > 1) refuse('A logical operator must be the only key of its object')
      const [operator, inner] = entries[0] as [string, unknown]
      const parts = listOf(operator, inner).map(one => `(${all(one, depth + 1)})`)
      return parts.join(operator === '$and' ? ' and ' : ' or ')
    }
    return entries.map(([name, value]) => field(name, value)).join(' and ')
  }

  function field(name: string, value: unknown): string {
    if (name.startsWith('$')) refuse(`Unexpected operator "${name}" in the place of a field`)
    if (hidden.includes(name)) refuse(`The metadata field "${name}" is not filterable`)
    const at = bind(name)
    if (typeof value !== 'object' || value === null) return clause(at, name, '$eq', value)
    return entriesOf(value, `The filter of "${name}"`)
      .map(([operator, operand]) => clause(at, name, operator, operand))
      .join(' and ')
  }

  function clause(at: string, name: string, operator: string, operand: unknown): string {
    if (++clauses > mostClauses) refuse(`Filter must not have more than ${mostClauses} clauses`)
    const value = `metadata->${at}::text`
    const json = (one: Scalar) => `${bind(JSON.stringify(one))}::jsonb`
    const anyOf = () => listOf(operator, operand).map(one => `${value} @> ${json(scalar(one))}`)
    switch (operator) {
      case '$eq':
        return `${value} @> ${json(scalar(operand))}`
      case '$ne':
        return `not ${value} @> ${json(scalar(operand))}`
      case '$in':
        return `(${anyOf().join(' or ')})`
      case '$nin':
        return `not (${anyOf().join(' or ')})`
      case '$exists':
        if (typeof operand !== 'boolean') refuse(`$exists requires a boolean for "${name}"`)
        return `${operand ? '' : 'not '}jsonb_exists(metadata, ${at})`
      default: {
        const sign = comparisons[operator]
        if (!sign) refuse(`Unsupported field operator: ${operator}`)
        if (typeof operand !== 'number') refuse(`${operator} requires a number for "${name}"`)
        // The order of the two questions must be certain.
        return `case when jsonb_typeof(${value}) = 'number' then (${value})::numeric ${sign} ${bind(operand)}::numeric else false end`
      }
    }
  }
}

function entriesOf(value: unknown, what: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(`${what} must be an object`)
  const entries = Object.entries(value as object)
  if (entries.length === 0) refuse(`${what} must have at least one clause`)
  return entries
}

function listOf(operator: string, value: unknown): unknown[] {
  if (!Array.isArray(value) || value.length === 0) refuse(`${operator} requires a non-empty array`)
  return value as unknown[]
}

function scalar(value: unknown): Scalar {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  return refuse('Filter values must be strings, numbers or booleans')
}

function refuse(message: string): never {
  throw errors.invalidParameter('filter', message)
}
