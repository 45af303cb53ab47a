import { hasAggregate, isGrouped, type PlannedEmbed, type PlannedOrder, type ReadPlan } from '../plan/tree.ts'
import { isMany } from '../schema/cache.ts'
import { fieldName, fieldSql, namedSql, pathSql } from './fields.ts'
import { filterSql, whereSql } from './filters.ts'
import { ident, join, nothing, qualified, type Sql, sql, trusted } from './sql.ts'

export interface ReadSql {
  readonly rows: Sql
  /** The same without columns, order and limits, to be counted. */
  readonly counted: Sql
}

/** A select with its embedded resources as lateral joins. `from`: what stands in FROM under the plan's alias. */
export function readSql(plan: ReadPlan, from: Sql): ReadSql {
  const body = sql` from ${from}${join(
    plan.embeds.map(embed => joinSql(plan, embed)),
    '',
  )}${whereSql(plan.filters.map(filterSql))}`
  const group = groupSql(plan)
  return {
    rows: sql`select ${columnsSql(plan)}${body}${group}${orderSql(plan.order, plan)}${limitSql(plan)}`,
    counted: sql`select 1${body}${group}`,
  }
}

function columnsSql(plan: ReadPlan): Sql {
  const fields = plan.fields.map(field => namedSql(field, fieldSql(field)))
  const grouped = isGrouped(plan)
  return join([...fields, ...plan.embeds.flatMap(embed => embedColumns(embed, grouped))], ', ')
}

/** `grouped`: in a query that groups, where JSON must be comparable. */
function embedColumns(embed: PlannedEmbed, grouped: boolean): readonly Sql[] {
  const { plan, alias, name, spread } = embed
  if (plan.fields.length === 0 && plan.embeds.length === 0) return []
  if (spread) return isGrouped(plan) ? spreadGrouped(embed) : [sql`${ident(alias)}.*`]
  return [sql`${embedValue(embed, grouped)} as ${ident(name)}`]
}

function embedValue({ alias, relationship }: PlannedEmbed, grouped: boolean): Sql {
  const name = ident(alias)
  const json = isMany(relationship) ? sql`coalesce(${name}.${name}, '[]')` : sql`row_to_json(${name}.*)`
  return grouped ? sql`${json}::jsonb` : json
}

/** An aggregate of something that is spread is over the rows that it is spread into. */
function spreadGrouped({ plan, alias }: PlannedEmbed): readonly Sql[] {
  return [
    ...plan.fields.map(field => {
      const column = sql`${ident(alias)}.${ident(rawName(field))}`
      return sql`${hasAggregate(field) ? fieldSql(field, column) : column} as ${ident(fieldName(field))}`
    }),
    ...plan.embeds.map(({ name }) => sql`${ident(alias)}.${ident(name)}`),
  ]
}

/** Under this name a spread field waits to be aggregated further up. */
function rawName(field: ReadPlan['fields'][number]): string {
  return hasAggregate(field)
    ? `pgrst_agg_${field.aggregate}_${field.path.column}_${field.name}`
    : fieldName(field)
}

function groupSql(plan: ReadPlan): Sql {
  if (!isGrouped(plan)) return nothing
  // By position: an expression with values in it would not be known again.
  const own = plan.fields.flatMap((field, index) => (hasAggregate(field) ? [] : [trusted(String(index + 1))]))
  const embedded = plan.embeds.flatMap(embed => {
    const alias = ident(embed.alias)
    const { fields, embeds } = embed.plan
    if (fields.length === 0 && embeds.length === 0) return []
    if (!embed.spread) return [embedValue(embed, true)]
    return [
      ...fields.filter(field => !hasAggregate(field)).map(field => sql`${alias}.${ident(fieldName(field))}`),
      ...embeds.map(({ name }) => sql`${alias}.${ident(name)}`),
    ]
  })
  const all = [...own, ...embedded]
  return all.length === 0 ? nothing : sql` group by ${join(all, ', ')}`
}

function joinSql(parent: ReadPlan, embed: PlannedEmbed): Sql {
  const { plan, relationship, inner, spread, alias: name } = embed
  const alias = ident(name)
  const kind = trusted(inner ? ' inner' : ' left')
  const joins = join(
    plan.embeds.map(one => joinSql(plan, one)),
    '',
  )
  const via = relationship.junction
    ? sql`${qualified(relationship.junction.table)} as ${ident(embed.junctionAlias)}, `
    : nothing
  const where = whereSql([...conditions(parent, embed), ...plan.filters.map(filterSql)])
  const hoisted = spread && isGrouped(plan)
  const columns = hoisted ? hoistedColumns(plan) : columnsSql(plan)
  const select = sql`select ${columns} from ${via}${sourceSql(parent, embed)}${joins}${where}${hoisted ? nothing : groupSql(plan)}${orderSql(plan.order, plan)}${limitSql(plan)}`
  if (isMany(relationship)) {
    const on = inner ? sql`${alias}.${alias} is not null` : trusted('true')
    return sql`${kind} join lateral (select json_agg(${alias}) as ${alias} from (${select}) as ${alias}) as ${alias} on ${on}`
  }
  return sql`${kind} join lateral (${select}) as ${alias} on true`
}

function sourceSql(parent: ReadPlan, { plan, relationship: { computed, to } }: PlannedEmbed): Sql {
  const from = computed ? sql`${qualified(computed)}(${rowOf(parent)})` : qualified(to)
  return sql`${from} as ${ident(plan.alias)}`
}

function hoistedColumns(plan: ReadPlan): Sql {
  const fields = plan.fields.map(
    field => sql`${fieldSql({ ...field, aggregate: undefined })} as ${ident(rawName(field))}`,
  )
  return join([...fields, ...plan.embeds.flatMap(embed => embedColumns(embed, false))], ', ')
}

/** The row that a function gets. What a change gave back is no longer a table's row: there it has a column of its own. */
function rowOf({ alias }: ReadPlan): Sql {
  return alias === 'pgrst_source' ? sql`${ident(alias)}.pgrst_row` : ident(alias)
}

function conditions(parent: ReadPlan, { plan, relationship, junctionAlias }: PlannedEmbed): readonly Sql[] {
  const equal = (left: string, right: string, pairs: typeof relationship.pairs) =>
    pairs.map(([a, b]) => sql`${ident(left)}.${ident(a)} = ${ident(right)}.${ident(b)}`)
  const { junction, pairs } = relationship
  if (!junction) return equal(parent.alias, plan.alias, pairs)
  return [
    ...equal(parent.alias, junctionAlias, junction.fromPairs),
    ...equal(junctionAlias, plan.alias, junction.toPairs),
  ]
}

/** `parent`: what the rows are of, where they may be ordered by something embedded. */
export function orderSql(terms: readonly PlannedOrder[], parent?: ReadPlan): Sql {
  if (terms.length === 0) return nothing
  const list = terms.map(({ path, hiddenIn, descending, nulls }) => {
    const by = hiddenIn && parent ? hiddenSql(parent, hiddenIn, pathSql(path)) : pathSql(path)
    return sql`${by}${trusted(descending ? ' desc' : '')}${trusted(nulls === undefined ? '' : ` nulls ${nulls}`)}`
  })
  return sql` order by ${join(list, ', ')}`
}

/** A column of the one row that is embedded, which does not show it. */
function hiddenSql(parent: ReadPlan, embed: PlannedEmbed, column: Sql): Sql {
  return sql`(select ${column} from ${sourceSql(parent, embed)}${whereSql(conditions(parent, embed))} limit 1)`
}

export function limitSql({ limit, offset }: { limit: number | undefined; offset: number }): Sql {
  return trusted(`${limit === undefined ? '' : ` limit ${limit}`}${offset > 0 ? ` offset ${offset}` : ''}`)
}
