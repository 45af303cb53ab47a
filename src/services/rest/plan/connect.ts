import type { Name, Relationship, Schema } from '../schema/cache.ts'
import { findRelationship } from './relate.ts'
import { type JoinCondition, nameOf, type ReadPlan, sourceName } from './tree.ts'

/** Finds for everything embedded how it belongs to what it is in. `fromSource`: the root reads what a change or a call gave. Throws PGRST200 and PGRST201. */
export function connect(schema: Schema, schemaName: string, root: ReadPlan, fromSource: boolean): void {
  if (fromSource) {
    root.alias = root.from.name
    root.from = sourceName
  }
  connectChildren(schema, schemaName, root)
}

function connectChildren(schema: Schema, schemaName: string, parent: ReadPlan): void {
  for (const child of parent.children) {
    const origin = child.depth === 1 ? (parent.alias ?? parent.from.name) : parent.from.name
    const found = findRelationship(schema, schemaName, origin, child.relationName, child.hint)
    place(child, parent, found)
    connectChildren(schema, schemaName, child)
  }
}

function place(child: ReadPlan, parent: ReadPlan, relationship: Relationship): void {
  const before = parent.alias === undefined ? undefined : { schema: '', name: parent.alias }
  child.relationship = relationship
  child.from = relationship.to
  child.joinAlias = `${relationship.from.name}_${nameOf(child)}_${child.depth}`
  if (relationship.kind === 'key' && relationship.junction) {
    child.conditions = junctionConditions(relationship.junction, relationship, before)
    return
  }
  child.alias = `${relationship.to.name}_${child.depth}`
  if (relationship.kind === 'computed') {
    child.parentRow = before ?? relationship.from
    return
  }
  const own = { schema: '', name: child.alias }
  child.conditions = [{ left: own, right: before ?? relationship.from, pairs: turned(relationship.pairs) }]
}

function junctionConditions(
  { table, fromPairs, toPairs }: NonNullable<Extract<Relationship, { kind: 'key' }>['junction']>,
  { from, to }: Relationship,
  before: Name | undefined,
): readonly JoinCondition[] {
  return [
    { left: table, right: to, pairs: turned(toPairs) },
    { left: table, right: before ?? from, pairs: turned(fromPairs) },
  ]
}

function turned(pairs: JoinCondition['pairs']): JoinCondition['pairs'] {
  return pairs.map(([a, b]) => [b, a] as const)
}
