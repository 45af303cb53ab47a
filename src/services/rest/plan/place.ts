import { restErrors } from '../errors.ts'
import type { At, EmbedPath, Filter, Logic, OrderTerm } from '../request/ast.ts'
import { rangePath } from '../request/query.ts'
import type { Range } from '../request/range.ts'
import type { Name, Schema } from '../schema/cache.ts'
import { queryField, resolveField, unknownField } from './fields.ts'
import type { PlannedLogic, PlannedOrder, ReadPlan } from './tree.ts'

/** The level that a path names. What something is said of goes before its neighbours, in the answer too: PostgREST's order. Throws PGRST108 for what is not embedded. */
function levelOf(root: ReadPlan, path: EmbedPath): ReadPlan {
  let level = root
  for (const name of path) {
    const next = level.children.find(
      ({ relationName, relationAlias }) => relationName === name || relationAlias === name,
    )
    if (!next) throw restErrors.notEmbedded(name)
    if (level.children[0] !== next) level.children = [next, ...level.children.filter(one => one !== next)]
    level = next
  }
  return level
}

/** Puts filters where they belong. Of several that name nothing, the last is complained of. */
export function placeFilters(schema: Schema, root: ReadPlan, filters: readonly At<Filter>[]): void {
  for (const [path, filter] of filters.toReversed()) {
    const level = levelOf(root, path)
    level.filters = [planLogic(schema, level.from, filter), ...level.filters]
  }
}

export function placeLogic(schema: Schema, root: ReadPlan, trees: readonly At<Logic>[]): void {
  for (const [path, tree] of trees.toReversed()) {
    const level = levelOf(root, path)
    level.filters = [planLogic(schema, level.from, tree), ...level.filters]
  }
}

export function placeOrder(
  schema: Schema,
  root: ReadPlan,
  orders: readonly At<readonly OrderTerm[]>[],
): void {
  for (const [path, terms] of orders.toReversed())
    levelOf(root, path).order = terms.map(term => planOrder(schema, root.from, term))
}

export function placeRanges(root: ReadPlan, ranges: ReadonlyMap<string, Range>): void {
  for (const [name, range] of ranges) levelOf(root, rangePath(name)).range = range
}

export function planLogic(schema: Schema, table: Name, logic: Logic): PlannedLogic {
  if (logic.kind !== 'filter')
    return { ...logic, members: logic.members.map(member => planLogic(schema, table, member)) }
  return { ...logic, field: queryField(schema, resolveField(schema, table, logic.field)) }
}

export function planOrder(
  schema: Schema,
  table: Name,
  { field, relation, direction, nulls }: OrderTerm,
): PlannedOrder {
  const resolved = relation === undefined ? resolveField(schema, table, field) : unknownField(field)
  return { field: resolved, relation, direction, nulls }
}
