import type { PlannedField, ResolvedField, SpreadField } from '../plan/tree.ts'
import type { JsonStep } from '../request/ast.ts'
import type { Name } from '../schema/cache.ts'
import { ident, nothing, qualified, type Sql, sql, trusted, value } from './sql.ts'

/** A name with its schema, if it has one. */
export function named(name: Name): Sql {
  return name.schema === '' ? ident(name.name) : qualified(name)
}

export function columnSql(source: Name, column: string): Sql {
  return column === '*' ? sql`${named(source)}.*` : sql`${named(source)}.${ident(column)}`
}

/** A column, or what a path finds in it. */
export function fieldSql(source: Name, field: ResolvedField): Sql {
  if (field.wholeRow) return named(source)
  const column = columnSql(source, field.name)
  if (field.path.length === 0) return column
  return field.toJson ? sql`to_jsonb(${column})${pathSql(field.path)}` : sql`${column}${pathSql(field.path)}`
}

function pathSql(path: readonly JsonStep[]): Sql {
  let all = nothing
  for (const { arrow, key, isIndex } of path)
    all = sql`${all}${trusted(arrow)}${value(key)}${trusted(isIndex ? '::int' : '')}`
  return all
}

/** `transform` comes from the catalogue, as it is written there. */
export function transformedSql(field: ResolvedField, inner: Sql): Sql {
  return field.transform === undefined ? inner : sql`${trusted(field.transform)}(${inner})`
}

export function selectedSql(
  source: Name,
  { field, aggregate, aggregateCast, cast, alias }: PlannedField,
): Sql {
  const plain = castSql(transformedSql(field, fieldSql(source, field)), cast)
  return withAlias(aggregateSql(plain, aggregate, aggregateCast), alias)
}

export function spreadSql(alias: string, field: SpreadField): Sql {
  const plain = columnSql({ schema: '', name: alias }, field.name)
  return withAlias(aggregateSql(plain, field.aggregate, field.aggregateCast), field.alias)
}

function aggregateSql(inner: Sql, aggregate: string | undefined, cast: string | undefined): Sql {
  if (aggregate === undefined) return inner
  return castSql(sql`${trusted(aggregate.toUpperCase())}(${inner})`, cast)
}

/** The parser lets nothing but letters, digits, `_`, `$` and blanks into a type's name, so that it may stand as it is. */
function castSql(inner: Sql, type: string | undefined): Sql {
  return type === undefined ? inner : sql`CAST( ${inner} AS ${trusted(type)} )`
}

function withAlias(inner: Sql, alias: string | undefined): Sql {
  return alias === undefined ? inner : sql`${inner} AS ${ident(alias)}`
}
