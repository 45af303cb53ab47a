import type { Cardinality, Relationship, SqlFunction } from './cache.ts'

/** Candidates are named in a fixed order, so that the same request always gets the same answer. */
export function compareRelationships(a: Relationship, b: Relationship): number {
  return compare(relationshipRank(a), relationshipRank(b))
}

/** Overloads with fewer parameters come first. */
export function compareFunctions(a: SqlFunction, b: SqlFunction): number {
  return a.parameters.length - b.parameters.length || compare(functionRank(a), functionRank(b))
}

type Rank = readonly (string | number | boolean | Rank)[]

const cardinalities: readonly Cardinality[] = ['one-to-many', 'many-to-one', 'one-to-one', 'many-to-many']

function relationshipRank(one: Relationship): Rank {
  const ends = [one.from.schema, one.from.name, one.to.schema, one.to.name]
  if (one.kind === 'computed')
    return [1, one.function.schema, one.function.name, ...ends, one.single, one.isSelf]
  const { junction } = one
  return [
    0,
    ...ends,
    one.isSelf,
    cardinalities.indexOf(one.cardinality),
    ...(junction
      ? [
          junction.table.schema,
          junction.table.name,
          ...junction.constraints,
          junction.fromPairs,
          junction.toPairs,
        ]
      : [one.constraint, one.pairs, one.isParent]),
    one.fromIsView,
    one.toIsView,
  ]
}

function functionRank(one: SqlFunction): Rank {
  return [
    one.description === null ? [] : [one.description],
    one.parameters.map(parameter => [
      parameter.name,
      parameter.type,
      parameter.wideType,
      parameter.required,
      parameter.variadic,
    ]),
    one.set,
    one.composite,
    one.returned.schema,
    one.returned.name,
  ]
}

function compare(a: Rank, b: Rank): number {
  for (const [index, left] of a.entries()) {
    const right = b[index]
    if (right === undefined) return 1
    if (typeof left === 'object' && typeof right === 'object') {
      const order = compare(left, right)
      if (order !== 0) return order
    } else if (left !== right) return left < right ? -1 : 1
  }
  return a.length - b.length
}
