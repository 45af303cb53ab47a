import { type Name, representationKey, type Schema, tableKey } from '../schema/cache.ts'
import { columnField, outputField } from './fields.ts'
import { type PlannedField, type ReadPlan, sourceName } from './tree.ts'

/** Names all columns where `*` would not do: beside aggregates, and where a column is shown in another form than its own. */
export function expandStars(schema: Schema, schemaName: string, plan: ReadPlan, grouped = false): void {
  const isGrouped = grouped || plan.fields.some(({ aggregate }) => aggregate !== undefined)
  const table = tableOf(plan, schemaName)
  const columns = [...(schema.tables.get(tableKey(table))?.columns.values() ?? [])]
  const isShownOtherwise = columns.some(({ type }) =>
    schema.representations.has(representationKey(type, 'json')),
  )
  if (isGrouped || isShownOtherwise)
    plan.fields = plan.fields.flatMap((one): PlannedField[] => {
      const { field, aggregate } = one
      if (field.name !== '*' || field.path.length > 0) return [one]
      if (aggregate === undefined)
        return columns.map(column => ({ ...one, field: outputField(schema, columnField(column)) }))
      // The rows are counted further out, where all columns of this one are no longer told apart.
      return plan.spread ? [{ ...one, field: { ...field, wholeRow: true } }] : [one]
    })
  for (const child of plan.children) expandStars(schema, schemaName, child, isGrouped)
}

function tableOf({ from, alias }: ReadPlan, schemaName: string): Name {
  return from === sourceName && alias !== undefined ? { schema: schemaName, name: alias } : from
}

/** Names for what has none of its own: the last key of a JSON path, the column behind a transformation. */
export function nameFields(plan: ReadPlan): void {
  plan.fields = plan.fields.map(one => (one.alias === undefined ? { ...one, alias: aliasFor(one) } : one))
  for (const child of plan.children) nameFields(child)
}

function aliasFor({ field, aggregate }: PlannedField): string | undefined {
  if (aggregate !== undefined) return field.wholeRow ? 'count' : undefined
  if (field.path.length > 0) return field.path.findLast(({ isIndex }) => !isIndex)?.key ?? field.name
  return field.transform === undefined ? undefined : field.name
}
