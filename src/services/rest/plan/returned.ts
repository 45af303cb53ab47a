import type { PlannedLogic, ReadPlan } from './tree.ts'

/** Columns that a change or a call must give back so that `plan` can read them; `*` for all. The caller may lack the right to read others. */
export function returnedColumns(plan: ReadPlan, primaryKey: readonly string[]): readonly string[] {
  const shown = plan.fields.map(({ field }) => field.name)
  if (shown.includes('*')) return ['*']
  const columns = new Set([...shown, ...primaryKey, ...askedColumns(plan)])
  for (const { relationship } of plan.children) {
    // A function takes the row as a whole.
    if (relationship?.kind === 'computed') return ['*']
    for (const [column] of relationship?.junction?.fromPairs ?? relationship?.pairs ?? []) columns.add(column)
  }
  return [...columns].sort()
}

/** Columns that are asked for without being shown. */
function askedColumns({ filters, order }: ReadPlan): readonly string[] {
  const ofOrder = order.flatMap(({ field, relation }) => (relation === undefined ? [field.name] : []))
  return [...filters.flatMap(namedIn), ...ofOrder]
}

function namedIn(logic: PlannedLogic): readonly string[] {
  if (logic.kind === 'filter') return [logic.field.name]
  return logic.kind === 'no-embed' ? [] : logic.members.flatMap(namedIn)
}
