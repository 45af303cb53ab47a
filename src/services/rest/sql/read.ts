import { restErrors } from '../errors.ts'
import type { ColumnItem, EmbedItem, Level, OrderTerm, Query, SelectItem } from '../request/ast.ts'
import type { Relationship, Schema } from '../schema/cache.ts'
import { fieldSql, whereSql } from './filters.ts'
import { ident, qualified } from './quote.ts'
import { findRelationship } from './relate.ts'

export interface ReadSource {
  /** `schema.name` of the table whose columns and relationships apply; null: what has none. */
  readonly table: string | null
  /** SQL of what is read from: a table, a CTE, a function call. */
  readonly sql: string
  /** Name by which its columns are addressed. */
  readonly alias: string
}

/** Everything of a read but what is around it. `rows` selects; `counted` is the same without order and limits. */
export interface ReadSql {
  readonly rows: string
  readonly counted: string
}

const emptyLevel: Level = { filters: [], order: [], limit: undefined, offset: 0 }

/** A select with its embedded resources, as lateral joins. */
export function readSql(
  schema: Schema,
  query: Query,
  source: ReadSource,
  options: { limit: number | undefined; offset: number; aggregates: boolean },
): ReadSql {
  const builder = new Builder(schema, query, options.aggregates)
  const { columns, joins, grouping } = builder.level(query.items, source.alias, source.table, '')
  builder.checkLevels()
  const level = query.levels.get('') ?? emptyLevel
  const where = level.filters.length > 0 ? ` where ${builder.where(source.alias, level)}` : ''
  const from = ` from ${source.sql} ${joins.join(' ')}${where}`
  const group = grouping.length > 0 ? ` group by ${grouping.join(', ')}` : ''
  return {
    rows: `select ${columns.join(', ')}${from}${group}${builder.order(source.alias, level.order, '')}${limits(options.limit, options.offset)}`,
    counted: `select 1${from}${group}`,
  }
}

interface LevelSql {
  readonly columns: string[]
  readonly joins: string[]
  readonly grouping: string[]
}

class Builder {
  readonly #schema: Schema
  readonly #query: Query
  readonly #aggregates: boolean
  readonly #seen = new Set<string>([''])
  /** Names of embedded resources of each path and the join that holds them. */
  readonly #joins = new Map<string, { alias: string; many: boolean }>()
  #next = 0

  constructor(schema: Schema, query: Query, aggregates: boolean) {
    this.#schema = schema
    this.#query = query
    this.#aggregates = aggregates
  }

  level(items: readonly SelectItem[], alias: string, table: string | null, path: string): LevelSql {
    const columns: string[] = []
    const joins: string[] = []
    const plain: string[] = []
    let aggregated = false
    for (const item of items) {
      if (item.kind === 'column') {
        columns.push(this.#column(item, alias))
        if (item.aggregate === undefined) plain.push(fieldSql(alias, item.field))
        else aggregated = true
      } else {
        const { column, join } = this.#embed(item, alias, table, path)
        joins.push(join)
        if (column !== undefined) columns.push(column)
      }
    }
    if (columns.length === 0) columns.push('')
    return { columns: columns.filter(Boolean), joins, grouping: aggregated ? plain : [] }
  }

  where(alias: string, level: Level): string {
    return whereSql(alias, level.filters)
  }

  order(alias: string, terms: readonly OrderTerm[], path: string): string {
    if (terms.length === 0) return ''
    const sql = terms.map(({ field, relation, descending, nulls }) => {
      let source = alias
      if (relation !== undefined) {
        const join = this.#joins.get(path === '' ? relation : `${path}.${relation}`)
        if (!join || join.many) throw restErrors.notEmbedded(relation)
        source = join.alias
      }
      return `${fieldSql(source, field)}${descending ? ' desc' : ''}${nulls === undefined ? '' : ` nulls ${nulls}`}`
    })
    return ` order by ${sql.join(', ')}`
  }

  /** Filters and limits of something that is not embedded would silently do nothing. */
  checkLevels(): void {
    for (const path of this.#query.levels.keys())
      if (!this.#seen.has(path)) throw restErrors.notEmbedded(path.split('.').at(-1) ?? path)
  }

  #column(item: ColumnItem, alias: string): string {
    const { field, aggregate } = item
    let sql = aggregate === 'count' && field.name === '*' ? 'count(*)' : fieldSql(alias, field)
    if (item.cast !== undefined) sql = `cast(${sql} as ${typeName(item.cast)})`
    if (aggregate !== undefined) {
      if (!this.#aggregates) throw restErrors.aggregates()
      if (sql !== 'count(*)') sql = `${aggregate}(${sql})`
      if (item.aggregateCast !== undefined) sql = `cast(${sql} as ${typeName(item.aggregateCast)})`
    }
    const last = field.steps.findLast(({ key }) => !/^-?\d+$/.test(key))?.key
    const name =
      item.alias ??
      aggregate ??
      last ??
      (field.steps.length > 0 || item.cast !== undefined ? field.name : undefined)
    return name === undefined ? sql : `${sql} as ${ident(name)}`
  }

  #embed(
    item: EmbedItem,
    parent: string,
    parentTable: string | null,
    path: string,
  ): { column: string | undefined; join: string } {
    if (parentTable === null) throw restErrors.noRelation(parent, item.relation, 'public')
    const relationship = findRelationship(this.#schema, parentTable, item.relation, item.hint)
    const name = item.alias ?? item.relation
    const own = path === '' ? name : `${path}.${name}`
    const byRelation = path === '' ? item.relation : `${path}.${item.relation}`
    const levelPath = this.#query.levels.has(own) ? own : byRelation
    this.#seen.add(own).add(byRelation)
    const number = ++this.#next
    const inner = `${relationship.to.split('.')[1]}_${number}`
    const outer = `pgrst_${number}`
    const many = relationship.kind === 'one-to-many' || relationship.kind === 'many-to-many'
    const { columns, joins, grouping } = this.level(item.items, ident(inner), relationship.to, own)
    const level = this.#query.levels.get(levelPath) ?? emptyLevel
    const conditions = [joinCondition(relationship, parent, ident(inner), `j_${number}`)]
    if (level.filters.length > 0) conditions.push(this.where(ident(inner), level))
    const junction = relationship.junction
      ? `, ${qualified(relationship.junction.table)} as ${ident(`j_${number}`)}`
      : ''
    const select = `select ${columns.length > 0 ? columns.join(', ') : ''} from ${qualified(relationship.to)} as ${ident(inner)}${junction} ${joins.join(' ')} where ${conditions.join(' and ')}${grouping.length > 0 ? ` group by ${grouping.join(', ')}` : ''}${this.order(ident(inner), level.order, own)}${limits(level.limit, level.offset)}`
    const kind = item.inner ? 'inner' : 'left'
    const entry = { alias: outer, many }
    this.#joins.set(own, entry)
    this.#joins.set(byRelation, entry)
    if (many) {
      const on = item.inner ? `${outer}.${outer} is not null` : 'true'
      return {
        column: columns.length === 0 ? undefined : `coalesce(${outer}.${outer}, '[]') as ${ident(name)}`,
        join: `${kind} join lateral (select json_agg(${outer}) as ${outer} from (${select}) as ${outer}) as ${outer} on ${on}`,
      }
    }
    const column = item.spread ? `${outer}.*` : `row_to_json(${outer}.*) as ${ident(name)}`
    return {
      column: columns.length === 0 ? undefined : column,
      join: `${kind} join lateral (${select}) as ${outer} on true`,
    }
  }
}

function joinCondition(relationship: Relationship, parent: string, child: string, junction: string): string {
  const equal = (left: string, right: string) => (pairs: readonly (readonly [string, string])[]) =>
    pairs.map(([a, b]) => `${left}.${ident(a)} = ${right}.${ident(b)}`)
  if (!relationship.junction) return equal(parent, child)(relationship.pairs).join(' and ')
  return [
    ...equal(parent, ident(junction))(relationship.junction.fromPairs),
    ...equal(ident(junction), child)(relationship.junction.toPairs),
  ].join(' and ')
}

function limits(limit: number | undefined, offset: number): string {
  return `${limit === undefined ? '' : ` limit ${limit}`}${offset > 0 ? ` offset ${offset}` : ''}`
}

/** A type's name goes into the statement as it is, so it may hold nothing but a name. */
function typeName(name: string): string {
  if (!/^[\p{L}_][\p{L}\p{N}_ ]*(\[\])?$/u.test(name))
    throw restErrors.parse(`"failed to parse select parameter"`, `"${name}" is not a type`)
  return name
}
