import { type Name, type Pairs, type Relationship, tableKey } from './cache.ts'
import type { RawFunction, RawKey, RawTable } from './raw.ts'
import type { ViewColumns } from './views.ts'

/** A foreign key between two relations, each of which may be a view that shows the columns of the table that has it. */
interface Edge {
  readonly from: RawTable
  readonly to: RawTable
  readonly key: RawKey
  readonly pairs: Pairs
}

/** All ways between relations: foreign keys in both directions, pairs of them in a junction's primary key, and functions. */
export function relationshipsOf(
  tables: readonly RawTable[],
  keys: readonly RawKey[],
  views: ViewColumns,
  functions: readonly RawFunction[],
): Map<string, Relationship[]> {
  const byOid = new Map(tables.map(table => [table.oid, table]))
  const edges = keys.flatMap(key => edgesOf(key, byOid, views))
  const all = [
    ...edges.flatMap(bothWays),
    ...junctionsOf(edges, key => primaryKeyOf(key, byOid, views)),
    ...functions.flatMap(one => computedOf(one, byOid)),
  ]
  const found = new Map<string, Relationship[]>()
  for (const one of all) {
    const key = tableKey(one.from)
    const list = found.get(key)
    if (list) list.push(one)
    else found.set(key, [one])
  }
  return found
}

/** A view's primary key is that of the table whose key columns it shows, if that is one table. */
export function primaryKeyOf(
  table: RawTable,
  byOid: ReadonlyMap<number, RawTable>,
  views: ViewColumns,
): readonly string[] {
  if (!table.isView) return table.primaryKey
  return [...(views.get(table.oid) ?? [])].flatMap(([oid, columns]) => {
    const names = byOid.get(oid)?.primaryKey.map(name => columns.get(name)) ?? []
    return names.every(name => name !== undefined) ? names : []
  })
}

function edgesOf(key: RawKey, byOid: ReadonlyMap<number, RawTable>, views: ViewColumns): Edge[] {
  const sides = (oid: number): { table: RawTable; column: (name: string) => string | undefined }[] => {
    const table = byOid.get(oid)
    const own = table ? [{ table, column: (name: string): string | undefined => name }] : []
    const shown = [...views].flatMap(([viewOid, byTable]) => {
      const columns = byTable.get(oid)
      const view = byOid.get(viewOid)
      return columns && view ? [{ table: view, column: (name: string) => columns.get(name) }] : []
    })
    return [...own, ...shown]
  }
  return sides(key.from).flatMap(from =>
    sides(key.to).flatMap(to => {
      const pairs = key.pairs.map(([a, b]) => [from.column(a), to.column(b)] as const)
      if (pairs.some(([a, b]) => a === undefined || b === undefined)) return []
      return [{ from: from.table, to: to.table, key, pairs: pairs as unknown as Pairs }]
    }),
  )
}

function bothWays({ from, to, key, pairs }: Edge): Relationship[] {
  const isSelf = from === to
  const one = { kind: 'foreign-key', constraint: key.name, isSelf } as const
  return [
    {
      ...one,
      from: nameOf(from),
      to: nameOf(to),
      toIsView: to.isView,
      pairs,
      cardinality: key.unique ? 'one-to-one' : 'many-to-one',
    },
    {
      ...one,
      from: nameOf(to),
      to: nameOf(from),
      toIsView: from.isView,
      pairs: turned(pairs),
      cardinality: key.unique ? 'one-to-one' : 'one-to-many',
    },
  ]
}

/** Two foreign keys whose columns are all in the primary key of what has them join the relations that they lead to. */
function junctionsOf(
  edges: readonly Edge[],
  primaryKey: (table: RawTable) => readonly string[],
): Relationship[] {
  const byJunction = new Map<RawTable, Edge[]>()
  for (const edge of edges) {
    const key = primaryKey(edge.from)
    if (edge.pairs.every(([column]) => key.includes(column)))
      byJunction.set(edge.from, [...(byJunction.get(edge.from) ?? []), edge])
  }
  return [...byJunction].flatMap(([junction, own]) =>
    own.flatMap(one =>
      own
        .filter(other => other.key !== one.key)
        .map(
          (other): Relationship => ({
            kind: 'junction',
            cardinality: 'many-to-many',
            from: nameOf(one.to),
            to: nameOf(other.to),
            toIsView: other.to.isView,
            isSelf: one.to === other.to,
            constraint: `${one.key.name}, ${other.key.name}`,
            pairs: [],
            junction: {
              table: nameOf(junction),
              constraints: [one.key.name, other.key.name],
              fromPairs: turned(one.pairs),
              toPairs: other.pairs,
            },
          }),
        ),
    ),
  )
}

/** A function of one table's row that gives rows of a table. */
function computedOf(one: RawFunction, byOid: ReadonlyMap<number, RawTable>): Relationship[] {
  const from = one.argument === null ? undefined : byOid.get(one.argument)
  const to = one.table === null ? undefined : byOid.get(one.table)
  if (!from || !to) return []
  return [
    {
      kind: 'computed',
      cardinality: one.set && one.rows !== 1 ? 'one-to-many' : 'many-to-one',
      from: nameOf(from),
      to: nameOf(to),
      toIsView: to.isView,
      isSelf: false,
      constraint: one.name,
      pairs: [],
      computed: { schema: one.schema, name: one.name },
    },
  ]
}

function nameOf({ schema, name }: RawTable): Name {
  return { schema, name }
}

function turned(pairs: Pairs): Pairs {
  return pairs.map(([a, b]) => [b, a] as const)
}
