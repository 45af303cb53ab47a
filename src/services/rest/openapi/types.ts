export interface JsonType {
  readonly type?: string
  readonly items?: { readonly type?: string }
}

const types: Readonly<Record<string, string>> = {
  boolean: 'boolean',
  smallint: 'integer',
  integer: 'integer',
  bigint: 'integer',
  numeric: 'number',
  real: 'number',
  'double precision': 'number',
}

/** PostgreSQL's type in JSON Schema's words; JSON itself can be anything. Lists say of what. */
export function jsonType(type: string): JsonType {
  if (type === 'json' || type === 'jsonb') return {}
  const known = types[type]
  if (known !== undefined) return { type: known }
  return type.endsWith('[]') ? { type: 'array', items: elementType(type) } : { type: 'string' }
}

/** What the elements of a list type are. */
export function elementType(type: string): { readonly type?: string } {
  const { type: element } = jsonType(type.slice(0, -2))
  return element === undefined ? {} : { type: element }
}

/** The first line of a comment, and what follows it. */
export function summaryOf(comment: string | null): {
  readonly summary?: string
  readonly description?: string
} {
  if (comment === null) return {}
  const at = comment.indexOf('\n')
  if (at < 0) return { summary: comment }
  const description = comment.slice(at).replace(/^\n+/, '')
  return { summary: comment.slice(0, at), ...(description === '' ? {} : { description }) }
}
