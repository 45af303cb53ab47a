import { isIndex } from '../plan/read.ts'
import type { PlannedField, PlannedPath } from '../plan/tree.ts'
import { ident, join, nothing, type Sql, sql, trusted, value } from './sql.ts'

/** A column of a source, with the way into its JSON. */
export function pathSql({ source, column, steps, isJson }: PlannedPath): Sql {
  const from = ident(source)
  const plain = column === '*' ? sql`${from}.*` : sql`${from}.${ident(column)}`
  if (steps.length === 0) return plain
  const start = isJson ? plain : sql`to_jsonb(${plain})`
  return sql`(${start}${join(
    steps.map(({ arrow, key }) =>
      isIndex(key)
        ? sql`${trusted(arrow)}${trusted(key.replace('+', ''))}`
        : sql`${trusted(arrow)}${value(key)}::text`,
    ),
    '',
  )})`
}

/** A field of the result without its name. `column`: what stands for the column, when it was read further down. */
export function fieldSql({ path, cast, aggregate, aggregateCast }: PlannedField, column?: Sql): Sql {
  const bare = column ?? castSql(pathSql(path), cast)
  if (aggregate === undefined) return bare
  const inner = path.column === '*' && column === undefined ? trusted('*') : bare
  return castSql(sql`${trusted(aggregate)}(${inner})`, aggregateCast)
}

export function namedSql(field: PlannedField, column: Sql): Sql {
  return sql`${column}${field.name === undefined ? nothing : sql` as ${ident(field.name)}`}`
}

/** The name under which the field appears in a row. */
export function fieldName({ name, path }: PlannedField): string {
  return name ?? path.column
}

/** The scanner let nothing but a type's name through. */
function castSql(piece: Sql, type: string | undefined): Sql {
  return type === undefined ? piece : sql`cast(${piece} as ${trusted(type)})`
}
