import { restErrors } from '../errors.ts'
import { type JsonBody, jsonBody } from '../request/body.ts'
import type { Call } from '../request/call.ts'
import { isAllRows, type Range } from '../request/range.ts'
import { type Name, type Schema, type Table, tableKey } from '../schema/cache.ts'
import { bodyField, columnField } from './fields.ts'
import { planLogic, planOrder } from './place.ts'
import { returnedColumns } from './returned.ts'
import type { PlannedLogic, PlannedOrder, ReadPlan, ResolvedField } from './tree.ts'

/** A change of a table's rows. */
export type ChangePlan =
  | {
      readonly kind: 'insert'
      readonly table: Name
      readonly columns: readonly ResolvedField[]
      readonly body: JsonBody
      readonly conflict: Conflict | undefined
      /** PUT: what the one row must be. */
      readonly conditions: readonly PlannedLogic[]
      readonly returned: readonly string[]
      readonly primaryKey: readonly string[]
      /** Whether what a row leaves out gets its default instead of null. */
      readonly defaults: boolean
    }
  | ({
      readonly kind: 'update'
      readonly columns: readonly ResolvedField[]
      readonly body: JsonBody
      readonly defaults: boolean
    } & ChosenRows)
  | ({ readonly kind: 'delete' } & ChosenRows)

export interface Conflict {
  readonly resolution: 'merge-duplicates' | 'ignore-duplicates'
  readonly columns: readonly string[]
}

export interface ChosenRows {
  readonly table: Name
  readonly filters: readonly PlannedLogic[]
  /** Of the rows that pass, which in their order; undefined: all. */
  readonly part: { readonly range: Range; readonly order: readonly PlannedOrder[] } | undefined
  readonly returned: readonly string[]
}

/** Throws PGRST105 and PGRST204. */
export function planChange(schema: Schema, name: Name, call: Call, plan: ReadPlan): ChangePlan {
  const { action, preferences, query } = call
  const table = schema.tables.get(tableKey(name))
  const primaryKey = table?.primaryKey ?? []
  const { representation } = preferences
  const returned =
    representation === undefined || representation === 'minimal' ? [] : returnedColumns(plan, primaryKey)
  const defaults = preferences.missing === 'default'
  switch (action.kind) {
    case 'create': {
      const { resolution } = preferences
      return {
        kind: 'insert',
        table: name,
        columns: writtenColumns(schema, table, call),
        body: bodyOf(call),
        conflict: resolution && { resolution, columns: query.onConflict ?? primaryKey },
        conditions: [],
        returned,
        primaryKey,
        defaults,
      }
    }
    case 'upsert': {
      checkKey(call, primaryKey)
      return {
        kind: 'insert',
        table: name,
        columns: writtenColumns(schema, table, call),
        body: bodyOf(call),
        conflict: { resolution: 'merge-duplicates', columns: primaryKey },
        conditions: rootLogic(schema, name, call),
        returned,
        primaryKey: [],
        defaults: false,
      }
    }
    case 'update': {
      const columns = writtenColumns(schema, table, call)
      return {
        kind: 'update',
        columns,
        body: bodyOf(call),
        defaults,
        ...chosen(schema, name, call, returned),
      }
    }
    default:
      return { kind: 'delete', ...chosen(schema, name, call, returned) }
  }
}

function chosen(schema: Schema, table: Name, call: Call, returned: readonly string[]): ChosenRows {
  const { range, query } = call
  const order = query.order.find(([path]) => path.length === 0)?.[1] ?? []
  return {
    table,
    filters: rootLogic(schema, table, call),
    part: isAllRows(range) ? undefined : { range, order: order.map(term => planOrder(schema, table, term)) },
    returned,
  }
}

/** Filters of the resource itself, and all trees: as in PostgREST, those of embedded resources too. */
function rootLogic(schema: Schema, table: Name, { query }: Call): readonly PlannedLogic[] {
  const filters = query.filters.filter(([path]) => path.length === 0)
  return [...filters, ...query.logic].map(([, one]) => planLogic(schema, table, one))
}

/** PUT names one row by its whole key and nothing else. */
function checkKey({ query }: Call, primaryKey: readonly string[]): void {
  const { filters, filterNames, logic } = query
  const isKey = filterNames.size === primaryKey.length && primaryKey.every(name => filterNames.has(name))
  const areEqualities = filters.every(
    ([path, { negated, operation }]) =>
      path.length === 0 &&
      !negated &&
      operation.kind === 'quantified' &&
      operation.operator === 'eq' &&
      operation.quantifier === undefined,
  )
  if (logic.length > 0 || primaryKey.length === 0 || !isKey || !areEqualities) throw restErrors.putFilters()
}

function writtenColumns(
  schema: Schema,
  table: Table | undefined,
  { payload }: Call,
): readonly ResolvedField[] {
  return [...(payload?.keys ?? [])].sort().map(name => {
    if (!table) throw restErrors.notFound()
    const column = table.columns.get(name)
    if (!column) throw restErrors.noColumn(name, table.name)
    return bodyField(schema, columnField(column))
  })
}

function bodyOf({ payload }: Call): JsonBody {
  return jsonBody(payload?.kind === 'json' ? payload.text : '')
}
