import { originsOf } from './node-tree.ts'
import type { RawTable } from './raw.ts'

/** In which columns a view shows the columns of tables; by the view's and the table's oid, then by the table's column. */
export type ViewColumns = ReadonlyMap<number, ReadonlyMap<number, ReadonlyMap<string, readonly string[]>>>

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

  const found = new Map<number, Map<number, Map<string, string[]>>>()
  for (const { oid } of views) {
    const view = byOid.get(oid)
    if (!view) continue
    const byTable = new Map<number, Map<string, string[]>>()
    for (const { name, number } of view.columns) {
      const origin = base(oid, number)
      const column = origin && byOid.get(origin.oid)?.columns.find(one => one.number === origin.number)
      if (!origin || !column) continue
      const columns = byTable.get(origin.oid) ?? new Map<string, string[]>()
      columns.set(column.name, [...(columns.get(column.name) ?? []), name])
      byTable.set(origin.oid, columns)
    }
    found.set(oid, byTable)
  }
  return found
}

/** All ways in which a view shows these columns of a table together; none when it leaves one out. */
export function shownAs(
  columns: ReadonlyMap<string, readonly string[]>,
  wanted: readonly string[],
): readonly (readonly string[])[] {
  let ways: readonly (readonly string[])[] = [[]]
  for (const name of wanted) {
    const names = columns.get(name) ?? []
    ways = ways.flatMap(way => names.map(one => [...way, one]))
  }
  return ways
}
