import { restErrors } from '../errors.ts'
import {
  type KeyRelationship,
  type Name,
  type Relationship,
  relationKey,
  type Schema,
} from '../schema/cache.ts'
import { closest } from './suggest.ts'

/** The relationship that an embed means: by the table, the constraint, the column or the function that it names; `hint` decides between several. Throws PGRST200 and PGRST201. */
export function findRelationship(
  schema: Schema,
  schemaName: string,
  from: string,
  wanted: string,
  hint: string | undefined,
): Relationship {
  const origin = { schema: schemaName, name: from }
  const all = schema.relationships.get(relationKey(origin, schemaName))
  const fitting = (all ?? []).filter(one => fits(one, wanted, hint))
  const [found, another] = fitting
  if (!found)
    throw restErrors.noRelation(from, wanted, hint, schemaName, adviceFor(schema, origin, wanted, all))
  if (another) throw ambiguous(from, wanted, fitting)
  return found
}

function fits(one: Relationship, wanted: string, hint: string | undefined): boolean {
  if (one.kind === 'computed') return one.function.name === wanted
  const byName = one.to.name === wanted
  // A key into its own table leads both ways: the table's name means the many, the column's name the one.
  if (one.isSelf) {
    if (hint !== undefined) return byName && one.cardinality === 'one-to-many' && isLedTo(one, hint)
    return one.cardinality === 'one-to-many'
      ? byName
      : one.cardinality === 'many-to-one' && leads(one, wanted)
  }
  if (hint === undefined) return byName || (!one.toIsView && (isBy(one, wanted) || leads(one, wanted)))
  return (
    byName && (isBy(one, hint) || leads(one, hint) || isLedTo(one, hint) || one.junction?.table.name === hint)
  )
}

function isBy({ junction, constraint }: KeyRelationship, name: string): boolean {
  return !junction && constraint === name
}

function leads({ pairs }: KeyRelationship, column: string): boolean {
  return pairs.length === 1 && pairs[0]?.[0] === column
}

function isLedTo({ pairs }: KeyRelationship, column: string): boolean {
  return pairs.length === 1 && pairs[0]?.[1] === column
}

function adviceFor(
  schema: Schema,
  origin: Name,
  wanted: string,
  all: readonly Relationship[] | undefined,
): string | null {
  if (all) {
    const close = closest(
      wanted,
      all.map(({ to }) => to.name),
    )
    return close === undefined || close.score === 1
      ? null
      : `Perhaps you meant '${close.name}' instead of '${wanted}'.`
  }
  const start = `${origin.schema}.`
  const end = `\0${origin.schema}`
  const parents = [...schema.relationships.keys()].flatMap(key =>
    key.endsWith(end) ? [nameIn(key, start, end)] : [],
  )
  const close = closest(origin.name, parents)
  return close === undefined ? null : `Perhaps you meant '${close.name}' instead of '${origin.name}'.`
}

function nameIn(key: string, start: string, end: string): string {
  const name = key.slice(0, -end.length)
  return name.startsWith(start) ? name.slice(start.length) : name.slice(name.indexOf('.') + 1)
}

function ambiguous(from: string, wanted: string, fitting: readonly Relationship[]) {
  const keys = fitting.filter(one => one.kind === 'key')
  const names = keys.map(one => `'${one.to.name}!${one.junction ? one.junction.table.name : one.constraint}'`)
  return restErrors.ambiguousRelation(
    from,
    wanted,
    keys.map(describe),
    `Try changing '${wanted}' to one of the following: ${names.join(', ')}. Find the desired relationship in the 'details' key.`,
  )
}

function describe({ cardinality, from, to, constraint, pairs, junction }: KeyRelationship) {
  const columns = (list: typeof pairs, side: 0 | 1) => `(${list.map(pair => pair[side]).join(', ')})`
  return {
    cardinality,
    embedding: `${from.name} with ${to.name}`,
    relationship: junction
      ? `${junction.table.name} using ${junction.constraints[0]}${columns(junction.fromPairs, 1)} and ${junction.constraints[1]}${columns(junction.toPairs, 1)}`
      : `${constraint} using ${from.name}${columns(pairs, 0)} and ${to.name}${columns(pairs, 1)}`,
  }
}
