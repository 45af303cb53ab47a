import type { EmbedSelect, PlannedField, ReadPlan } from '../plan/tree.ts'
import { columnSql, fieldSql, selectedSql, spreadSql } from './fields.ts'
import { logicSql, whereSql } from './filters.ts'
import { conditionsSql, fromSql, limitSql, orderSql, sourceOf } from './source.ts'
import { ident, join, nothing, type Sql, sql, trusted } from './sql.ts'

/** The rows of a read, embedded rows in lateral joins. These are jsonb, so that they can be grouped by; their keys are in its order. */
export function readSql(plan: ReadPlan): Sql {
  const source = sourceOf(plan)
  const fields = plan.fields.length === 0 && plan.children.length === 0 ? everything : plan.fields
  const selected = [...fields.map(field => selectedSql(source, field)), ...plan.embeds.flatMap(embedSql)]
  const joins = plan.children.map((child, index) => joinSql(child, plan.embeds[index]))
  const conditions = [...plan.filters.map(one => logicSql(source, one)), ...conditionsSql(plan.conditions)]
  return sql`SELECT ${join(selected, ', ')}${fromSql(plan)}${join(joins, '')}${whereSql(conditions)}${groupSql(plan)}${orderSql(source, plan.order)}${limitSql(plan.range)}`
}

/** Of something embedded without fields: whether it is shown is decided further out. */
const everything: readonly PlannedField[] = [
  {
    field: {
      name: '*',
      path: [],
      toJson: true,
      type: '',
      transform: undefined,
      default: undefined,
      wholeRow: false,
    },
    aggregate: undefined,
    aggregateCast: undefined,
    cast: undefined,
    alias: undefined,
  },
]

function embedSql(embed: EmbedSelect): readonly Sql[] {
  const alias = ident(embed.alias)
  if (embed.kind === 'spread') return embed.fields.map(field => spreadSql(embed.alias, field))
  if (embed.hidden) return []
  return embed.many
    ? [sql`COALESCE( ${alias}.${alias}, '[]') AS ${ident(embed.name)}`]
    : [sql`row_to_json(${alias}.*)::jsonb AS ${ident(embed.name)}`]
}

function joinSql(child: ReadPlan, embed: EmbedSelect | undefined): Sql {
  const alias = ident(child.joinAlias)
  const kind = trusted(child.join === 'inner' ? ' INNER' : ' LEFT')
  const rows = readSql(child)
  if (embed?.kind !== 'json' || !embed.many) return sql`${kind} JOIN LATERAL ( ${rows} ) AS ${alias} ON TRUE`
  const condition = child.join === 'inner' ? sql`${alias} IS NOT NULL` : trusted('TRUE')
  return sql`${kind} JOIN LATERAL ( SELECT json_agg(${alias})::jsonb AS ${alias} FROM (${rows} ) AS ${alias} ) AS ${alias} ON ${condition}`
}

/** Rows are grouped by all that is no aggregate. */
function groupSql(plan: ReadPlan): Sql {
  const { fields, embeds } = plan
  const isAggregated = (one: { readonly aggregate: unknown }) => one.aggregate !== undefined
  const grouped =
    fields.some(isAggregated) ||
    embeds.some(embed => embed.kind === 'spread' && embed.fields.some(isAggregated))
  if (!grouped) return nothing
  const source = sourceOf(plan)
  const terms = [
    ...fields
      .filter(one => !isAggregated(one))
      .map(({ field, alias }) => (alias === undefined ? fieldSql(source, field) : ident(alias))),
    ...embeds.flatMap(embed =>
      embed.kind === 'json'
        ? [ident(embed.name)]
        : embed.fields
            .filter(one => !isAggregated(one))
            .map(one => columnSql({ schema: '', name: embed.alias }, one.alias ?? one.name)),
    ),
  ]
  return terms.length === 0 ? nothing : sql` GROUP BY ${join(terms, ', ')}`
}
