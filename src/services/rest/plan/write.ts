import { restErrors } from '../errors.ts'
import { type Condition, levelAt, type Query } from '../request/ast.ts'
import type { Payload } from '../request/body.ts'
import type { Column, Relationship, Table } from '../schema/cache.ts'
import type { ReadPlan } from './tree.ts'

/** The columns that a body writes. Throws PGRST204 for one that is not there, PGRST102 when the rows differ. */
export function writtenColumns(
  table: Table,
  rows: Payload['rows'],
  chosen: readonly string[] | undefined,
): readonly Column[] {
  const names = chosen ?? Object.keys(rows[0] ?? {})
  if (chosen === undefined) {
    const first = new Set(names)
    for (const row of rows) {
      const keys = Object.keys(row)
      if (keys.length !== first.size || keys.some(key => !first.has(key)))
        throw restErrors.body('All object keys must match')
    }
  }
  return names.map(name => table.columns.get(name) ?? fail(name))

  function fail(name: string): never {
    throw restErrors.noColumn(name, table.name)
  }
}

/** PUT names one row by its whole key and nothing else. Returns the key's values by column. */
export function putKey(table: Table, query: Query, payload: Payload): ReadonlyMap<string, string> {
  const { filters, limit, offset } = levelAt(query, [])
  if (limit !== undefined || offset > 0) throw restErrors.putLimit()
  const values = new Map<string, string>()
  for (const filter of filters) {
    if (!isPlainEquality(filter)) throw restErrors.putFilters()
    values.set(filter.field.name, filter.operand as string)
  }
  const key = table.primaryKey
  if (key.length === 0 || values.size !== key.length || filters.length !== key.length)
    throw restErrors.putFilters()
  if (!key.every(column => values.has(column))) throw restErrors.putFilters()
  if (payload.rows.length !== 1) throw restErrors.putMismatch()
  return values
}

function isPlainEquality(filter: { readonly kind: string }): filter is Condition {
  const one = filter as Condition
  return (
    one.kind === 'condition' &&
    one.operator === 'eq' &&
    !one.negated &&
    one.modifier === undefined &&
    one.field.steps.length === 0
  )
}

/** What a change must give back so that `plan` can read it; undefined: all columns. The caller may lack the right to read others. */
export interface Returned {
  readonly columns: ReadonlySet<string>
  /** Whether functions get the row as a whole. */
  readonly row: boolean
}

export function returnedBy(plan: ReadPlan): Returned {
  const columns = new Set<string>()
  for (const { path } of plan.fields) columns.add(path.column)
  for (const { path } of plan.order) if (path.source === plan.alias) columns.add(path.column)
  for (const { relationship } of plan.embeds)
    for (const name of leavingColumns(relationship)) columns.add(name)
  return { columns, row: plan.embeds.some(({ relationship }) => relationship.kind === 'computed') }
}

function leavingColumns({ pairs, junction }: Relationship): readonly string[] {
  return (junction?.fromPairs ?? pairs).map(([column]) => column)
}
