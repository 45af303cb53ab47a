import type { At, Filter } from '../request/ast.ts'
import type { Call } from '../request/call.ts'
import { restricted } from '../request/range.ts'
import type { Name, Schema } from '../schema/cache.ts'
import { checkAggregates, hoistAggregates } from './aggregates.ts'
import { expandStars, nameFields } from './columns.ts'
import { connect } from './connect.ts'
import { checkSpreads, relateFilters, relateOrder, selectEmbeds } from './embeds.ts'
import { placeFilters, placeLogic, placeOrder, placeRanges } from './place.ts'
import { startPlan } from './start.ts'
import type { ReadPlan } from './tree.ts'

export interface ReadRules {
  readonly aggregates: boolean
  readonly maxRows: number | undefined
}

/** What of a table (or of what a change or a call gives) the request wants to see. Throws the PGRST1xx and PGRST2xx errors. */
export function planRead(schema: Schema, table: Name, call: Call, rules: ReadRules): ReadPlan {
  const { query, action } = call
  const changes = action.kind !== 'read' && action.kind !== 'call' && action.kind !== 'info'
  const plan = startPlan(schema, table, query.items)
  placeFilters(schema, plan, changes ? inside(query.filters) : query.filters)
  if (!changes) {
    placeOrder(schema, plan, query.order)
    placeRanges(plan, call.ranges)
  }
  placeLogic(schema, plan, query.logic)
  connect(schema, table.schema, plan, changes || action.kind === 'call')
  expandStars(schema, table.schema, plan)
  nameFields(plan)
  relateOrder(plan)
  checkSpreads(plan)
  relateFilters(plan)
  checkAggregates(plan, rules.aggregates)
  selectEmbeds(plan)
  hoistAggregates(plan)
  if (!changes) restrict(plan, rules.maxRows)
  return plan
}

/** What is said of embedded resources: that of the root chose the rows to change. Trees are not asked: PostgREST applies them to the changed rows too. */
function inside(all: readonly At<Filter>[]): readonly At<Filter>[] {
  return all.filter(([path]) => path.length > 0)
}

function restrict(plan: ReadPlan, maxRows: number | undefined): void {
  plan.range = restricted(plan.range, maxRows)
  for (const child of plan.children) restrict(child, maxRows)
}

/** Whether all columns and nothing else are selected: only then the rows are rows of the table. */
export function isDefaultSelect({ fields, children }: ReadPlan): boolean {
  return fields.length === 1 && fields[0]?.field.name === '*' && children.length === 0
}
