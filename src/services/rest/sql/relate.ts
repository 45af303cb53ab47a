import { restErrors } from '../errors.ts'
import type { Relationship, Schema } from '../schema/cache.ts'

/** The relationship that an embed means: by the table, the constraint or the column that it names; `hint` decides between several. */
export function findRelationship(
  schema: Schema,
  from: string,
  wanted: string,
  hint: string | undefined,
): Relationship {
  const schemaName = from.slice(0, from.indexOf('.'))
  const all = (schema.relationships.get(from) ?? []).filter(({ to }) => to.startsWith(`${schemaName}.`))
  const target = `${schemaName}.${wanted}`
  const byTable = all.filter(({ to }) => to === target)
  const byName =
    byTable.length > 0 ? byTable : all.filter(one => isNamed(one, wanted) && one.kind !== 'many-to-many')
  const fitting = hint === undefined ? byName : byName.filter(one => fits(one, hint))
  const [found, another] = fitting
  const fromName = from.slice(schemaName.length + 1)
  if (!found) throw restErrors.noRelation(fromName, wanted, schemaName)
  if (another) {
    // A foreign key to the own table leads both ways; the plain name means the many.
    const details = fitting.map(({ kind, constraint, to, from: start }) => ({
      cardinality: kind,
      embedding: `${start.split('.')[1]} with ${to.split('.')[1]}`,
      relationship: constraint,
    }))
    throw restErrors.ambiguous(
      fromName,
      wanted,
      details,
      `Try changing '${wanted}' to one of the following: ${fitting.map(({ to, constraint }) => `'${to.split('.')[1]}!${constraint.split(', ')[0]}'`).join(', ')}. Find the desired relationship in the 'details' key.`,
    )
  }
  return found
}

function isNamed(one: Relationship, name: string): boolean {
  return (
    one.constraint === name ||
    (one.pairs.length === 1 && one.pairs[0]?.[0] === name && one.kind !== 'one-to-many')
  )
}

function fits(one: Relationship, hint: string): boolean {
  if (one.constraint === hint || one.junction?.table.endsWith(`.${hint}`)) return true
  if (one.junction?.constraints.includes(hint)) return true
  return one.pairs.length === 1 && one.pairs.some(([a, b]) => a === hint || b === hint)
}
