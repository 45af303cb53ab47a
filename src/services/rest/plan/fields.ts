import type { Field } from '../request/ast.ts'
import { type Column, type Name, representationKey, type Schema, tableKey } from '../schema/cache.ts'
import type { ResolvedField } from './tree.ts'

export function unknownField({ name, path }: Field): ResolvedField {
  return { name, path, toJson: true, type: '', transform: undefined, default: undefined, wholeRow: false }
}

export function columnField({ name, type, default: expression }: Column): ResolvedField {
  return {
    name,
    path: [],
    toJson: false,
    type,
    transform: undefined,
    default: expression ?? undefined,
    wholeRow: false,
  }
}

/** What is known of a field of a table. What is not known is left to PostgreSQL. */
export function resolveField(schema: Schema, table: Name, field: Field): ResolvedField {
  const column = schema.tables.get(tableKey(table))?.columns.get(field.name)
  if (!column) return unknownField(field)
  const isJson = column.type === 'json' || column.type === 'jsonb'
  return { ...columnField(column), path: field.path, toJson: !isJson }
}

/** As it is shown: in JSON. */
export function outputField(schema: Schema, field: ResolvedField): ResolvedField {
  return transformed(schema, field, field.type, 'json')
}

/** As it is compared with text of the address. */
export function queryField(schema: Schema, field: ResolvedField): ResolvedField {
  return transformed(schema, field, 'text', field.type)
}

/** As it is written from JSON. */
export function bodyField(schema: Schema, field: ResolvedField): ResolvedField {
  return transformed(schema, field, 'json', field.type)
}

function transformed(schema: Schema, field: ResolvedField, source: string, target: string): ResolvedField {
  const transform = schema.representations.get(representationKey(source, target))
  return transform === undefined ? field : { ...field, type: source, transform }
}
