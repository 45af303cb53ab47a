import { type Column, type Schema, type Table, tableKey } from '../schema/cache.ts'

/** The shape of a table's rows. */
export function definitionOf(schema: Schema, table: Table) {
  const required = [...table.columns.values()].filter(one => !one.nullable).map(one => one.name)
  return {
    ...(table.description === null ? {} : { description: table.description }),
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(
      [...table.columns.values()].map(column => [column.name, propertyOf(schema, table, column)]),
    ),
    type: 'object',
  }
}

function propertyOf(schema: Schema, table: Table, column: Column) {
  const notes = notesOf(schema, table, column)
  const description = [column.description, notes].filter(Boolean).join('\n\n')
  const value = defaultOf(column)
  return {
    ...(value === undefined ? {} : { default: value }),
    ...(description === '' ? {} : { description }),
    ...(column.values ? { enum: column.values } : {}),
    format: column.shownType,
    ...(column.maxLength === null ? {} : { maxLength: column.maxLength }),
    ...jsonType(column.shownType),
  }
}

/** Tools read keys out of these words. */
function notesOf(schema: Schema, table: Table, column: Column): string {
  const isKey = table.primaryKey.includes(column.name)
  const foreign = (schema.relationships.get(tableKey(table)) ?? []).find(
    one =>
      (one.cardinality === 'many-to-one' || one.cardinality === 'one-to-one') &&
      one.kind === 'foreign-key' &&
      !one.toIsView &&
      one.pairs.length === 1 &&
      one.pairs[0]?.[0] === column.name,
  )
  const target = foreign?.pairs[0]?.[1]
  if (!isKey && target === undefined) return ''
  const lines = [
    ...(isKey ? ['This is a Primary Key.<pk/>'] : []),
    ...(foreign && target !== undefined
      ? [
          `This is a Foreign Key to \`${foreign.to.name}.${target}\`.<fk table='${foreign.to.name}' column='${target}'/>`,
        ]
      : []),
  ]
  return `Note:\n${lines.join('\n')}`
}

/** A default that is a plain value is given as it is, any other as its expression. */
function defaultOf({ default: expression, type }: Column): unknown {
  if (expression === null || /^nextval\(/i.test(expression)) return undefined
  const text = /^'((?:[^']|'')*)'(?:::.*)?$/s.exec(expression)?.[1]?.replaceAll("''", "'") ?? expression
  if (jsonType(type).type === 'string') return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** PostgreSQL's type in JSON Schema's words. Lists say of what. */
export function jsonType(type: string): { type?: string; items?: { type?: string } } {
  if (type.endsWith('[]')) return { items: jsonType(type.slice(0, -2)) as { type?: string }, type: 'array' }
  if (/^(smallint|integer|bigint)$/.test(type)) return { type: 'integer' }
  if (/^(numeric|real|double precision)/.test(type)) return { type: 'number' }
  if (type === 'boolean') return { type: 'boolean' }
  return type === 'json' || type === 'jsonb' ? {} : { type: 'string' }
}
