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
import type { Slices } from './slices.ts'
import { shownAs, type ViewColumns } from './views.ts'

/** A foreign key between two relations, each of which may be a view that shows the columns of the table that has it. */
interface Edge {
  readonly from: RawTable
  readonly to: RawTable
  readonly key: RawKey
  readonly pairs: Pairs
}

interface RelationshipParts {
  readonly keys: readonly RawKey[]
  readonly computed: readonly RawComputed[]
  readonly byOid: ReadonlyMap<number, RawTable>
  readonly views: ViewColumns
  readonly schemas: readonly string[]
  readonly slices: Slices
}

/** All ways between relations of the exposed schemas: foreign keys in both directions, pairs of them in a junction's primary key, and functions. */
export async function relationshipsOf(parts: RelationshipParts): Promise<Map<string, Relationship[]>> {
  const { keys, computed, byOid, views, schemas, slices } = parts
  const edgesOf = edgesBy(byOid, views)
  const edges = (await slices.map(keys, edgesOf)).flat()
  const functions = computed.map(computedOf)
  // A function takes the place of what the keys say of a table of its name.
  const replaced = new Set(functions.map(one => pairKey(one.from, one.function)))
  const exposed = new Set(schemas)
  const found = new Map<string, Relationship[]>()
  const add = (one: Relationship) => {
    if (!isExposed(one, exposed)) return
    if (one.kind === 'key' && replaced.has(pairKey(one.from, one.to))) return
    const key = relationKey(one.from, one.kind === 'computed' ? one.function.schema : one.to.schema)
    const list = found.get(key)
    if (list) list.push(one)
    else found.set(key, [one])
  }
  await slices.map(edges, edge => bothWays(edge).forEach(add))
  const junctions = junctionsOf(edges, table => primaryKeyOf(table, byOid, views))
  await slices.map([...junctions], ([junction, own]) => throughJunction(junction, own).forEach(add))
  functions.forEach(add)
  await slices.map([...found.values()], list => {
    if (list.length > 1) list.sort(compareRelationships)
  })
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

/** Gives a key between tables, from and to views that show its columns. */
function edgesBy(byOid: ReadonlyMap<number, RawTable>, views: ViewColumns): (key: RawKey) => Edge[] {
  const viewsOf = new Map<number, [RawTable, ReadonlyMap<string, readonly string[]>][]>()
  for (const [viewOid, byTable] of views)
    for (const [tableOid, columns] of byTable) {
      const view = byOid.get(viewOid)
      const known = viewsOf.get(tableOid)
      if (view && known) known.push([view, columns])
      else if (view) viewsOf.set(tableOid, [[view, columns]])
    }
  const sides = (oid: number, numbers: readonly number[]): [RawTable, readonly string[]][] => {
    const table = byOid.get(oid)
    if (!table) return []
    const columns = numbers.map(number => table.columns.find(one => one.number === number)?.name ?? '')
    const shown = (viewsOf.get(oid) ?? []).flatMap(([view, names]) =>
      shownAs(names, columns).map((way): [RawTable, readonly string[]] => [view, way]),
    )
    return [[table, columns], ...shown]
  }
  return key => {
    const to = sides(key.to, key.targets)
    return sides(key.from, key.columns).flatMap(([start, own]) =>
      to.map(([end, theirs]) => ({
        from: start,
        to: end,
        key,
        pairs: own.map((column, index) => [column, theirs[index] ?? ''] as const),
      })),
    )
  }
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

/** Tables with foreign keys whose columns are all in their primary key. */
function junctionsOf(
  edges: readonly Edge[],
  primaryKey: (table: RawTable) => readonly string[],
): ReadonlyMap<RawTable, readonly Edge[]> {
  const found = new Map<RawTable, Edge[]>()
  for (const edge of edges) {
    if (edge.key.unique) continue
    const key = primaryKey(edge.from)
    if (!edge.pairs.every(([column]) => key.includes(column))) continue
    const known = found.get(edge.from)
    if (known) known.push(edge)
    else found.set(edge.from, [edge])
  }
  return found
}

/** Two of its keys join the relations that they lead to. */
function throughJunction(junction: RawTable, own: readonly Edge[]): KeyRelationship[] {
  return own.flatMap(one =>
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
