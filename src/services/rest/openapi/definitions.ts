import { type Column, type KeyRelationship, relationKey, type Schema, type Table } from '../schema/cache.ts'
import { jsonType } from './types.ts'

/** The shape of a table's rows. */
export function definitionOf(schema: Schema, table: Table) {
  const columns = [...table.columns.values()]
  const required = columns.filter(one => !one.nullable).map(one => one.name)
  return {
    ...(table.description === null ? {} : { description: table.description }),
    ...(required.length === 0 ? {} : { required }),
    ...(columns.length === 0
      ? {}
      : {
          properties: Object.fromEntries(
            columns.map(column => [column.name, propertyOf(schema, table, column)]),
          ),
        }),
    type: 'object',
  }
}

function propertyOf(schema: Schema, table: Table, column: Column) {
  const description = descriptionOf(schema, table, column)
  const value = defaultOf(column)
  return {
    ...(value === undefined ? {} : { default: value }),
    ...(description === null ? {} : { description }),
    ...(column.values.length === 0 ? {} : { enum: column.values }),
    format: column.shownType,
    ...(column.maxLength === null ? {} : { maxLength: column.maxLength }),
    ...jsonType(column.shownType),
  }
}

/** Tools read keys out of these words. */
function descriptionOf(schema: Schema, table: Table, column: Column): string | null {
  const foreign = foreignKeyOf(schema, table, column)
  const target = foreign?.pairs[0]?.[1]
  const lines = [
    ...(table.primaryKey.includes(column.name) ? ['This is a Primary Key.<pk/>'] : []),
    ...(foreign && target !== undefined
      ? [
          `This is a Foreign Key to \`${foreign.to.name}.${target}\`.<fk table='${foreign.to.name}' column='${target}'/>`,
        ]
      : []),
  ]
  if (lines.length === 0) return column.description
  const own = column.description === null ? '' : `${column.description}\n\n`
  return `${own}${['Note:', ...lines].join('\n')}`
}

/** Tables are named rather than views. */
function foreignKeyOf(schema: Schema, table: Table, column: Column): KeyRelationship | undefined {
  const all = schema.relationships.get(relationKey(table, table.schema)) ?? []
  const fitting = all.filter(
    (one): one is KeyRelationship =>
      one.kind === 'key' &&
      (one.cardinality === 'many-to-one' || (one.cardinality === 'one-to-one' && !one.isParent)) &&
      one.pairs.length === 1 &&
      one.pairs[0]?.[0] === column.name,
  )
  return fitting.find(one => !one.toIsView) ?? fitting[0]
}

/** A default that is a plain value; of texts, any. */
function defaultOf({ default: expression, shownType }: Column): unknown {
  if (expression === null) return undefined
  try {
    return JSON.parse(
      jsonType(shownType).type === 'string' ? quotedDefault(expression, shownType) : expression,
    )
  } catch {
    return undefined
  }
}

function quotedDefault(expression: string, type: string): string {
  const end = `::${type}`
  const plain = expression.endsWith(end)
    ? expression.slice(0, -end.length).replace(/^'+|'+$/g, '')
    : expression
  return `"${plain}"`
}
