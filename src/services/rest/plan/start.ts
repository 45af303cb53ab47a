import type { SelectItem } from '../request/ast.ts'
import { allRows } from '../request/range.ts'
import type { Name, Schema } from '../schema/cache.ts'
import { outputField, resolveField } from './fields.ts'
import type { ReadPlan } from './tree.ts'

type Relation = Pick<ReadPlan, 'relationName' | 'relationAlias' | 'hint' | 'join' | 'spread'>

/** The tree as the request's select has it. */
export function startPlan(schema: Schema, table: Name, items: readonly SelectItem[]): ReadPlan {
  const root = {
    relationName: table.name,
    relationAlias: undefined,
    hint: undefined,
    join: undefined,
    spread: false,
  }
  return node(schema, table, items, 0, root)
}

function node(
  schema: Schema,
  from: Name,
  items: readonly SelectItem[],
  depth: number,
  relation: Relation,
): ReadPlan {
  return {
    ...relation,
    fields: items.flatMap(item => {
      if (item.kind !== 'field') return []
      const { field, aggregate, aggregateCast, cast, alias } = item
      const resolved = outputField(schema, resolveField(schema, from, field))
      return [{ field: resolved, aggregate, aggregateCast, cast, alias }]
    }),
    from,
    alias: undefined,
    filters: [],
    order: [],
    range: allRows,
    depth,
    children: items.flatMap(item => {
      if (item.kind !== 'relation') return []
      const target = { schema: from.schema, name: item.relation }
      const { relation: relationName, alias: relationAlias, hint, join, spread } = item
      return [
        node(schema, target, item.items, depth + 1, { relationName, relationAlias, hint, join, spread }),
      ]
    }),
    embeds: [],
    relationship: undefined,
    parentRow: undefined,
    conditions: [],
    joinAlias: '',
  }
}
