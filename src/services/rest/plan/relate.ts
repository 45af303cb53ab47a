import { restErrors } from '../errors.ts'
import { isMany, type Relationship, type Schema } from '../schema/cache.ts'
import { closest } from './suggest.ts'

/** The relationship that an embed means: by the table, the constraint, the column or the function that it names; `hint` decides between several. Throws PGRST200 and PGRST201. */
export function findRelationship(
  schema: Schema,
  schemaName: string,
  from: string,
  wanted: string,
  hint: string | undefined,
): Relationship {
  const all = (schema.relationships.get(`${schemaName}.${from}`) ?? []).filter(
    ({ to }) => to.schema === schemaName,
  )
  // A function takes the place of what the keys say.
  const computed = all.find(one => one.kind === 'computed' && one.constraint === wanted)
  if (computed) return computed
  const fitting = all.filter(one => one.kind !== 'computed' && fits(one, wanted, hint))
  const [found, another] = fitting
  if (!found) {
    const known = schema.relationships.has(`${schemaName}.${from}`)
    const names = known
      ? all.map(({ to }) => to.name)
      : [...schema.relationships.values()].flatMap(list =>
          list[0]?.from.schema === schemaName ? [list[0].from.name] : [],
        )
    const name = known ? wanted : from
    const close = names.includes(name) ? undefined : closest(name, names)
    const advice = close === undefined ? null : `Perhaps you meant '${close}' instead of '${name}'.`
    throw restErrors.noRelation(from, wanted, hint, schemaName, advice)
  }
  if (another) throw ambiguous(from, wanted, fitting)
  return found
}

function fits(one: Relationship, wanted: string, hint: string | undefined): boolean {
  const byName = one.to.name === wanted
  const leads = (column: string) => one.pairs.length === 1 && one.pairs[0]?.[0] === column
  const isLedTo = (column: string) => one.pairs.length === 1 && one.pairs[0]?.[1] === column
  // A key into its own table leads both ways: the table's name means the many, the column's name the one.
  if (one.isSelf && one.kind === 'foreign-key') {
    if (hint === undefined) return isMany(one) ? byName : leads(wanted)
    return byName && isMany(one) && (isLedTo(hint) || one.constraint === hint)
  }
  if (hint === undefined)
    return (
      byName || (!one.toIsView && one.kind === 'foreign-key' && (one.constraint === wanted || leads(wanted)))
    )
  return (
    byName &&
    (one.kind === 'junction'
      ? one.junction?.table.name === hint || one.junction?.constraints.includes(hint) === true
      : one.constraint === hint || leads(hint) || isLedTo(hint))
  )
}

function ambiguous(from: string, wanted: string, fitting: readonly Relationship[]) {
  const details = fitting.map(({ cardinality, from: start, to, constraint, pairs, junction }) => {
    const columns = (list: typeof pairs, side: 0 | 1) => list.map(pair => pair[side]).join(', ')
    return {
      cardinality,
      embedding: `${start.name} with ${to.name}`,
      relationship: junction
        ? `${junction.table.name} using ${junction.constraints[0]}(${columns(junction.fromPairs, 1)}) and ${junction.constraints[1]}(${columns(junction.toPairs, 0)})`
        : `${constraint} using ${start.name}(${columns(pairs, 0)}) and ${to.name}(${columns(pairs, 1)})`,
    }
  })
  const names = fitting.map(
    ({ to, constraint, junction }) => `'${to.name}!${junction ? junction.table.name : constraint}'`,
  )
  return restErrors.ambiguousRelation(
    from,
    wanted,
    details,
    `Try changing '${wanted}' to one of the following: ${names.join(', ')}. Find the desired relationship in the 'details' key.`,
  )
}
