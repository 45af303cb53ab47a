import { originsOf } from './node-tree.ts'
import type { RawTable, RawView } from './raw.ts'
import type { Slices } from './slices.ts'

/** In which columns a view shows the columns of tables; by the view's and the table's oid, then by the table's column. */
export type ViewColumns = ReadonlyMap<number, ReadonlyMap<number, ReadonlyMap<string, readonly string[]>>>

/** Follows the columns of views down to tables, through views of views. */
export async function viewColumns(
  byOid: ReadonlyMap<number, RawTable>,
  views: readonly RawView[],
  slices: Slices,
): Promise<ViewColumns> {
  const origins = new Map(
    await slices.map(views, ({ oid, rule }) => [
      oid,
      new Map(originsOf(rule).map(origin => [origin.column, origin])),
    ]),
  )

  /** The table's column behind a column, unless it is not plainly one. Views cannot refer to themselves, so this ends. */
  const base = (relation: number, number: number): { oid: number; number: number } | undefined => {
    const above = origins.get(relation)
    if (!above) return { oid: relation, number }
    const next = above.get(number)
    return next && base(next.relation, next.number)
  }

  const shown = await slices.map(views, ({ oid }) => {
    const byTable = new Map<number, Map<string, string[]>>()
    for (const { name, number } of byOid.get(oid)?.columns ?? []) {
      const origin = base(oid, number)
      const column = origin && byOid.get(origin.oid)?.columns.find(one => one.number === origin.number)
      if (!origin || !column) continue
      const columns = byTable.get(origin.oid) ?? new Map<string, string[]>()
      byTable.set(origin.oid, columns)
      const names = columns.get(column.name)
      if (names) names.push(name)
      else columns.set(column.name, [name])
    }
    return [oid, byTable] as const
  })
  return new Map(shown.filter(([oid]) => byOid.has(oid)))
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
