import { restErrors } from '../errors.ts'
import {
  type ColumnItem,
  type EmbedItem,
  type FieldPath,
  type Filter,
  type Level,
  levelAt,
  levelKey,
  type OrderTerm,
  type Query,
  type SelectItem,
} from '../request/ast.ts'
import type { Range } from '../request/range.ts'
import { isMany, type Schema, type Table, tableKey } from '../schema/cache.ts'
import { findRelationship } from './relate.ts'
import type {
  PlannedEmbed,
  PlannedField,
  PlannedFilter,
  PlannedOrder,
  PlannedPath,
  ReadPlan,
} from './tree.ts'

export interface ReadRequest {
  readonly schema: Schema
  /** The schema that the request is for: embedded resources are looked for in it. */
  readonly schemaName: string
  readonly query: Query
  readonly range: Range
  readonly aggregates: boolean
  readonly maxRows: number | undefined
}

/** Resolves a query against the schema. `from`: what is read; its table is undefined when its columns are not known. */
export function planRead(
  request: ReadRequest,
  from: { readonly alias: string; readonly name: string; readonly table: Table | undefined },
): ReadPlan {
  return new Planner(request).root(from)
}

interface Source {
  readonly alias: string
  readonly name: string
  readonly table: Table | undefined
}

class Planner {
  readonly #request: ReadRequest
  readonly #reached = new Set<string>()
  #count = 0

  constructor(request: ReadRequest) {
    this.#request = request
  }

  root(source: Source): ReadPlan {
    const { query, range } = this.#request
    const level = { ...levelAt(query, []), ...range }
    this.#reached.add('')
    const plan = this.#plan(source, query.items, level)
    // What is said of something that is not embedded would silently do nothing.
    for (const [key, { path }] of query.levels)
      if (!this.#reached.has(key)) throw restErrors.notEmbedded(path.at(-1) ?? '')
    return plan
  }

  #plan(source: Source, items: readonly SelectItem[], level: Level): ReadPlan {
    const embeds = items
      .filter(item => item.kind === 'embed')
      .map(item => this.#embed(source, item, level.path))
    return {
      alias: source.alias,
      table: source.table,
      fields: items.filter(item => item.kind === 'column').map(item => this.#field(source, item)),
      embeds,
      filters: level.filters.map(filter => this.#filter(source, filter, embeds)),
      order: level.order.map(term => this.#order(source, term, embeds)),
      limit: level.limit,
      offset: level.offset,
    }
  }

  #field(source: Source, item: ColumnItem): PlannedField {
    const { field, aggregate, cast, aggregateCast, alias } = item
    if (aggregate !== undefined && !this.#request.aggregates) throw restErrors.aggregates()
    const last = field.steps.findLast(({ key }) => !isIndex(key))?.key
    const changed = field.steps.length > 0 || cast !== undefined
    const name = alias ?? aggregate ?? (changed ? (last ?? field.name) : undefined)
    return { path: pathOf(source, field), cast, aggregate, aggregateCast, name }
  }

  #embed(source: Source, item: EmbedItem, path: readonly string[]): PlannedEmbed {
    const { schema, schemaName, query, maxRows } = this.#request
    const from = source.table?.name ?? source.name
    const relationship = findRelationship(schema, schemaName, from, item.relation, item.hint)
    if (item.spread && isMany(relationship)) throw restErrors.spread(from, relationship.to.name)
    const name = item.alias ?? item.relation
    const number = ++this.#count
    // What is said of it names it by its alias, or by what it is.
    const byAlias = [...path, name]
    const byRelation = [...path, item.relation]
    const said = query.levels.has(levelKey(byAlias)) ? byAlias : byRelation
    this.#reached.add(levelKey(byAlias)).add(levelKey(byRelation))
    const level = levelAt(query, said)
    const limit = maxRows === undefined ? level.limit : Math.min(level.limit ?? maxRows, maxRows)
    const inner: Source = {
      alias: `${relationship.to.name.slice(0, 50)}_${number}`,
      name: relationship.to.name,
      table: schema.tables.get(tableKey(relationship.to)),
    }
    const own = isMany(relationship) ? { ...level, limit } : level
    return {
      name,
      alias: `pgrst_${number}`,
      junctionAlias: `pgrst_via_${number}`,
      relationship,
      inner: item.inner,
      spread: item.spread,
      plan: this.#plan(inner, item.items, { ...own, path: said }),
    }
  }

  #filter(source: Source, filter: Filter, embeds: readonly PlannedEmbed[]): PlannedFilter {
    if (filter.kind !== 'condition') {
      const members = filter.members.map(member => this.#filter(source, member, embeds))
      return { kind: filter.kind, negated: filter.negated, members }
    }
    const { field, operator, operand, negated } = filter
    const embed = embeds.find(({ name }) => name === field.name)
    if (!embed || field.steps.length > 0 || source.table?.columns.has(field.name))
      return { kind: 'condition', path: pathOf(source, field), condition: filter }
    if (operator !== 'is' || (operand !== 'null' && operand !== 'not_null'))
      throw restErrors.embedFilter(embed.name)
    const exists = (operand === 'null') === negated
    return { kind: 'embedded', embed: embed.alias, many: isMany(embed.relationship), exists }
  }

  #order(source: Source, term: OrderTerm, embeds: readonly PlannedEmbed[]): PlannedOrder {
    const { relation, field, descending, nulls } = term
    if (relation === undefined) return { path: pathOf(source, field), hiddenIn: undefined, descending, nulls }
    const embed = embeds.find(one => one.name === relation)
    if (!embed) throw restErrors.notEmbedded(relation)
    if (isMany(embed.relationship)) throw restErrors.relatedOrder(source.table?.name ?? source.name, relation)
    const { plan } = embed
    const shown = plan.fields.some(
      ({ name, path, aggregate }) =>
        name === undefined && aggregate === undefined && (path.column === field.name || path.column === '*'),
    )
    const alias = shown ? embed.alias : plan.alias
    const path = pathOf({ alias, name: embed.name, table: plan.table }, field)
    return { path, hiddenIn: shown ? undefined : embed, descending, nulls }
  }
}

function pathOf({ alias, table }: Source, { name, steps }: FieldPath): PlannedPath {
  const type = table?.columns.get(name)?.type
  return { source: alias, column: name, steps, isJson: type === 'json' || type === 'jsonb' }
}

/** Whether a JSON key is the place in a list. */
export function isIndex(key: string): boolean {
  return /^[+-]?\d{1,9}$/.test(key)
}
