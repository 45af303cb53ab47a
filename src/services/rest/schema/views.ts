import { originsOf } from './node-tree.ts'
import type { RawTable } from './raw.ts'

/** Which columns of a view are which columns of a table; by the view's and the table's oid, then by the table's column. */
export type ViewColumns = ReadonlyMap<number, ReadonlyMap<number, ReadonlyMap<string, string>>>

/** Follows the columns of views down to tables, through views of views. */
export function viewColumns(
  tables: readonly RawTable[],
  views: readonly { readonly oid: number; readonly rule: string }[],
): ViewColumns {
  const byOid = new Map(tables.map(table => [table.oid, table]))
  const origins = new Map(views.map(({ oid, rule }) => [oid, originsOf(rule)]))

  /** The table's column behind a column, unless it is not plainly one. Views cannot refer to themselves, so this ends. */
  const base = (relation: number, number: number): { oid: number; number: number } | undefined => {
    const above = origins.get(relation)
    if (!above) return { oid: relation, number }
    const next = above.find(({ column }) => column === number)
    return next && base(next.relation, next.number)
  }

  const found = new Map<number, Map<number, Map<string, string>>>()
  for (const { oid } of views) {
    const view = byOid.get(oid)
    if (!view) continue
    const byTable = new Map<number, Map<string, string>>()
    for (const { name, number } of view.columns) {
      const origin = base(oid, number)
      const table = origin && byOid.get(origin.oid)
      const column = table?.columns.find(one => one.number === origin?.number)
      if (!origin || !column) continue
      const columns = byTable.get(origin.oid) ?? new Map<string, string>()
      if (!columns.has(column.name)) columns.set(column.name, name)
      byTable.set(origin.oid, columns)
    }
    found.set(oid, byTable)
  }
  return found
}
