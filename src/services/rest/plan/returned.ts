import type { ReadPlan } from './tree.ts'

/** Columns that a change or a call must give back so that `plan` can read them; `*` for all. The caller may lack the right to read others. */
export function returnedColumns(plan: ReadPlan, primaryKey: readonly string[]): readonly string[] {
  const shown = plan.fields.map(({ field }) => field.name)
  if (shown.includes('*')) return ['*']
  const columns = new Set([...shown, ...primaryKey])
  for (const { relationship } of plan.children) {
    // A function takes the row as a whole.
    if (relationship?.kind === 'computed') return ['*']
    for (const [column] of relationship?.junction?.fromPairs ?? relationship?.pairs ?? []) columns.add(column)
  }
  return [...columns].sort()
}
