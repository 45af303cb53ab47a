import {
  type ComputedRelationship,
  type KeyRelationship,
  type Name,
  type Pairs,
  type Relationship,
  relationKey,
  tableKey,
} from './cache.ts'
import { compareRelationships } from './order.ts'
import type { RawComputed, RawKey, RawTable } from './raw.ts'
import { shownAs, type ViewColumns } from './views.ts'

/** A foreign key between two relations, each of which may be a view that shows the columns of the table that has it. */
interface Edge {
  readonly from: RawTable
  readonly to: RawTable
  readonly key: RawKey
  readonly pairs: Pairs
}

/** All ways between relations of the exposed schemas: foreign keys in both directions, pairs of them in a junction's primary key, and functions. */
export function relationshipsOf(
  tables: readonly RawTable[],
  keys: readonly RawKey[],
  views: ViewColumns,
  computed: readonly RawComputed[],
  schemas: readonly string[],
): Map<string, Relationship[]> {
  const byOid = new Map(tables.map(table => [table.oid, table]))
  const edges = edgesOf(keys, byOid, views)
  const functions = computed.map(computedOf)
  // A function takes the place of what the keys say of a table of its name.
  const replaced = new Set(functions.map(one => pairKey(one.from, one.function)))
  const byKeys = [
    ...edges.flatMap(bothWays),
    ...junctionsOf(edges, table => primaryKeyOf(table, byOid, views)),
  ]
  const all: Relationship[] = [
    ...byKeys.filter(one => !replaced.has(pairKey(one.from, one.to))),
    ...functions,
  ]
  const exposed = new Set(schemas)
  const found = new Map<string, Relationship[]>()
  for (const one of all) {
    if (!isExposed(one, exposed)) continue
    const key = relationKey(one.from, one.kind === 'computed' ? one.function.schema : one.to.schema)
    const list = found.get(key)
    if (list) list.push(one)
    else found.set(key, [one])
  }
  for (const list of found.values()) list.sort(compareRelationships)
  return found
}

function pairKey(from: Name, to: Name): string {
  return `${tableKey(from)}\0${tableKey(to)}`
}

function isExposed(one: Relationship, schemas: ReadonlySet<string>): boolean {
  if (!schemas.has(one.from.schema) || !schemas.has(one.to.schema)) return false
  return one.kind === 'computed' || !one.junction || schemas.has(one.junction.table.schema)
}

/** A view's primary key is that of the table whose key columns it shows. */
export function primaryKeyOf(
  table: RawTable,
  byOid: ReadonlyMap<number, RawTable>,
  views: ViewColumns,
): readonly string[] {
  if (!table.isView) return table.primaryKey
  return [...(views.get(table.oid) ?? [])].flatMap(([oid, columns]) => {
    const key = byOid.get(oid)?.primaryKey ?? []
    return key.length === 0 ? [] : (shownAs(columns, key)[0] ?? [])
  })
}

/** Every key between tables, from and to views that show its columns. */
function edgesOf(keys: readonly RawKey[], byOid: ReadonlyMap<number, RawTable>, views: ViewColumns): Edge[] {
  const viewsOf = new Map<number, [RawTable, ReadonlyMap<string, readonly string[]>][]>()
  for (const [viewOid, byTable] of views)
    for (const [tableOid, columns] of byTable) {
      const view = byOid.get(viewOid)
      if (view) viewsOf.set(tableOid, [...(viewsOf.get(tableOid) ?? []), [view, columns]])
    }
  const sides = (oid: number, columns: readonly string[]): [RawTable, readonly string[]][] => {
    const table = byOid.get(oid)
    const shown = (viewsOf.get(oid) ?? []).flatMap(([view, names]) =>
      shownAs(names, columns).map((way): [RawTable, readonly string[]] => [view, way]),
    )
    return table ? [[table, columns], ...shown] : shown
  }
  return keys.flatMap(key => {
    const from = sides(
      key.from,
      key.pairs.map(([column]) => column),
    )
    const to = sides(
      key.to,
      key.pairs.map(([, column]) => column),
    )
    return from.flatMap(([start, own]) =>
      to.map(([end, theirs]) => ({
        from: start,
        to: end,
        key,
        pairs: own.map((column, index) => [column, theirs[index] ?? ''] as const),
      })),
    )
  })
}

function bothWays({ from, to, key, pairs }: Edge): KeyRelationship[] {
  const one = {
    kind: 'key',
    constraint: key.name,
    isSelf: from === to,
    junction: undefined,
  } as const
  return [
    {
      ...one,
      from: nameOf(from),
      to: nameOf(to),
      fromIsView: from.isView,
      toIsView: to.isView,
      pairs,
      cardinality: key.unique ? 'one-to-one' : 'many-to-one',
      isParent: false,
    },
    {
      ...one,
      from: nameOf(to),
      to: nameOf(from),
      fromIsView: to.isView,
      toIsView: from.isView,
      pairs: turned(pairs),
      cardinality: key.unique ? 'one-to-one' : 'one-to-many',
      isParent: key.unique,
    },
  ]
}

/** Two foreign keys whose columns are all in the primary key of what has them join the relations that they lead to. */
function junctionsOf(
  edges: readonly Edge[],
  primaryKey: (table: RawTable) => readonly string[],
): KeyRelationship[] {
  const byJunction = new Map<RawTable, Edge[]>()
  for (const edge of edges) {
    const key = primaryKey(edge.from)
    if (!edge.key.unique && edge.pairs.every(([column]) => key.includes(column)))
      byJunction.set(edge.from, [...(byJunction.get(edge.from) ?? []), edge])
  }
  return [...byJunction].flatMap(([junction, own]) =>
    own.flatMap(one =>
      own
        .filter(other => other.key.name !== one.key.name)
        .map(
          (other): KeyRelationship => ({
            kind: 'key',
            cardinality: 'many-to-many',
            from: nameOf(one.to),
            to: nameOf(other.to),
            fromIsView: one.to.isView,
            toIsView: other.to.isView,
            isSelf: one.to === other.to,
            constraint: '',
            pairs: [],
            isParent: false,
            junction: {
              table: nameOf(junction),
              constraints: [one.key.name, other.key.name],
              fromPairs: turned(one.pairs),
              toPairs: turned(other.pairs),
            },
          }),
        ),
    ),
  )
}

/** A function of one table's row that gives rows of a table. */
function computedOf(one: RawComputed): ComputedRelationship {
  return { kind: 'computed', ...one, isSelf: tableKey(one.from) === tableKey(one.to) }
}

function nameOf({ schema, name }: RawTable): Name {
  return { schema, name }
}

function turned(pairs: Pairs): Pairs {
  return pairs.map(([a, b]) => [b, a] as const)
}
