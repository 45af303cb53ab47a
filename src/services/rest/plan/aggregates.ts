import { restErrors } from '../errors.ts'
import type { EmbedSelect, PlannedField, ReadPlan } from './tree.ts'

/** Throws PGRST123 where aggregates are not allowed. */
export function checkAggregates(plan: ReadPlan, allowed: boolean): void {
  if (allowed) return
  if (plan.fields.some(({ aggregate }) => aggregate !== undefined)) throw restErrors.aggregates()
  for (const child of plan.children) checkAggregates(child, allowed)
}

/** An aggregate on its way out to where its rows are grouped. */
interface Hoisted {
  readonly joinAlias: string
  readonly name: string
  readonly of: PlannedField
}

/** Aggregates of what is spread are made where it is spread into, however far out that is. */
export function hoistAggregates(plan: ReadPlan): void {
  hoist(plan)
}

function hoist(plan: ReadPlan): readonly Hoisted[] {
  const inner = plan.children.flatMap(hoist)
  if (!plan.spread) {
    plan.embeds = plan.embeds.map(embed => aggregated(embed, inner))
    return []
  }
  const { joinAlias } = plan
  const own = plan.fields.flatMap((one): Hoisted[] =>
    one.aggregate === undefined ? [] : [{ joinAlias, name: one.alias ?? one.field.name, of: one }],
  )
  plan.fields = plan.fields.map(one => ({ ...one, aggregate: undefined, aggregateCast: undefined }))
  return [...own, ...inner.map(one => ({ ...one, joinAlias }))]
}

function aggregated(embed: EmbedSelect, inner: readonly Hoisted[]): EmbedSelect {
  if (embed.kind !== 'spread') return embed
  return {
    ...embed,
    fields: embed.fields.map(field => {
      const found = inner.find(one => one.joinAlias === embed.alias && one.name === field.name)
      if (!found) return field
      const { aggregate, aggregateCast, alias } = found.of
      return { ...field, aggregate, aggregateCast, alias }
    }),
  }
}
