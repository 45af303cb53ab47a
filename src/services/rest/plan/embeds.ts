import { restErrors } from '../errors.ts'
import { isToOne } from '../schema/cache.ts'
import { type EmbedSelect, nameOf, type PlannedLogic, type ReadPlan, type SpreadField } from './tree.ts'

/** Lets rows be ordered by what is embedded in them. Throws PGRST108 and PGRST118. */
export function relateOrder(plan: ReadPlan): void {
  plan.order = plan.order.map(term => {
    const { relation } = term
    if (relation === undefined) return term
    const found = plan.children.find(child => nameOf(child) === relation)
    if (!found) throw restErrors.notEmbedded(relation)
    if (!found.relationship || !isToOne(found.relationship))
      throw restErrors.relatedOrder(plan.from.name, relation)
    return { ...term, relation: found.joinAlias }
  })
  for (const child of plan.children) relateOrder(child)
}

/** Throws PGRST119: only one row can be spread into another. */
export function checkSpreads(plan: ReadPlan): void {
  const { relationship, spread, relationName } = plan
  if (relationship && spread && !isToOne(relationship))
    throw restErrors.spread(relationship.from.name, relationName)
  for (const child of plan.children) checkSpreads(child)
}

/** Makes of `clients=is.null` a question for whether clients are embedded. Every other filter is one of a column, even where an embed has its name. */
export function relateFilters(plan: ReadPlan): void {
  plan.filters = plan.filters.map(one => related(plan, one))
  for (const child of plan.children) relateFilters(child)
}

function related(plan: ReadPlan, one: PlannedLogic): PlannedLogic {
  if (one.kind === 'no-embed') return one
  if (one.kind !== 'filter') return { ...one, members: one.members.map(member => related(plan, member)) }
  const { field, operation, negated } = one
  if (field.path.length > 0 || operation.kind !== 'is' || operation.value !== 'null') return one
  const found = plan.children.find(child => nameOf(child) === field.name)
  return found ? { kind: 'no-embed', alias: found.joinAlias, negated } : one
}

/** Says for everything embedded how it is shown. */
export function selectEmbeds(plan: ReadPlan): void {
  for (const child of plan.children) selectEmbeds(child)
  plan.embeds = plan.children.map(embedOf)
}

function embedOf(child: ReadPlan): EmbedSelect {
  const alias = child.joinAlias
  if (child.spread) return { kind: 'spread', alias, fields: spreadFields(child) }
  const many = child.relationship !== undefined && !isToOne(child.relationship)
  return { kind: 'json', name: nameOf(child), alias, many, hidden: isEmpty(child) }
}

/** Whether nothing at all was selected of it, and of what is in it. */
function isEmpty({ fields, children }: ReadPlan): boolean {
  return fields.length === 0 && children.every(isEmpty)
}

function spreadFields({ fields, embeds }: ReadPlan): readonly SpreadField[] {
  const plain = (name: string): SpreadField => ({
    name,
    aggregate: undefined,
    aggregateCast: undefined,
    alias: undefined,
  })
  return [
    ...fields.map(({ field, alias }) => plain(alias ?? field.name)),
    ...embeds.flatMap(embed => (embed.kind === 'json' ? [plain(embed.name)] : embed.fields)),
  ]
}
