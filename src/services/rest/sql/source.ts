import type { JoinCondition, PlannedOrder, ReadPlan } from '../plan/tree.ts'
import { isAllRows, limitOf, type Range } from '../request/range.ts'
import type { Name } from '../schema/cache.ts'
import { columnSql, fieldSql, named } from './fields.ts'
import { ident, join, nothing, type Sql, sql, trusted, value } from './sql.ts'

/** What a level's columns are called by. */
export function sourceOf({ relationship, from, alias }: ReadPlan): Name {
  if (alias !== undefined) return { schema: '', name: alias }
  return relationship?.kind === 'computed' ? { schema: '', name: relationship.function.name } : from
}

export function fromSql({ relationship, from, alias, parentRow }: ReadPlan): Sql {
  const source =
    relationship?.kind === 'computed' && parentRow
      ? sql`${named(relationship.function)}(${ident(parentRow.name)}::${named(relationship.from)})`
      : named(from)
  const as = alias === undefined ? nothing : sql` AS ${ident(alias)}`
  const junction = relationship?.kind === 'key' ? relationship.junction : undefined
  return sql` FROM ${source}${as}${junction ? sql`, ${named(junction.table)}` : nothing}`
}

export function conditionsSql(conditions: readonly JoinCondition[]): readonly Sql[] {
  return conditions.flatMap(({ left, right, pairs }) =>
    pairs.map(([one, other]) => sql`${columnSql(left, one)} = ${columnSql(right, other)}`),
  )
}

export function orderSql(source: Name, order: readonly PlannedOrder[]): Sql {
  if (order.length === 0) return nothing
  const terms = order.map(({ field, relation, direction, nulls }) => {
    const of = relation === undefined ? source : { schema: '', name: relation }
    const way = direction === undefined ? '' : ` ${direction.toUpperCase()}`
    return sql`${fieldSql(of, field)}${trusted(`${way}${nulls === undefined ? '' : ` NULLS ${nulls.toUpperCase()}`}`)}`
  })
  return sql` ORDER BY ${join(terms, ', ')}`
}

export function limitSql(range: Range): Sql {
  if (isAllRows(range)) return nothing
  const limit = limitOf(range)
  return sql` LIMIT ${limit === undefined ? trusted('ALL') : value(wholeNumber(limit))} OFFSET ${value(wholeNumber(range.offset))}`
}

/** Never with an exponent: PostgreSQL says itself that a number is too large. */
function wholeNumber(number: number): string {
  return BigInt(number).toString()
}
