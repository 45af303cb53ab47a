import type { Format } from '../plan/format.ts'
import { returnsOneRow, returnsScalar, returnsSetOfScalars, type SqlFunction } from '../schema/cache.ts'
import { named } from './fields.ts'
import { type Sql, sql, trusted } from './sql.ts'

export interface RowsShape {
  /** The function that gives them. */
  readonly called?: SqlFunction
  /** Whether their columns may be others than those of `pgrst_source`, or in another order. */
  readonly reshaped: boolean
  /** Whether a plan is shown instead of them. */
  readonly explained: boolean
}

/** All rows of `_postgrest_t` as one text. */
export function formatSql(format: Format, { called, reshaped, explained }: RowsShape): Sql {
  switch (format.kind) {
    case 'nothing':
      return trusted(`''::text`)
    case 'array':
      return arraySql(called, format.stripped)
    case 'object': {
      const rows = called && returnsScalar(called) ? '_postgrest_t.pgrst_scalar' : '_postgrest_t'
      return orElse(stripped(`json_agg(${rows})->0`, format.stripped), 'null')
    }
    case 'csv':
      return trusted(
        `${csvHead(reshaped)} || E'\\n' || coalesce(string_agg(substring(_postgrest_t::text, 2, length(_postgrest_t::text) - 2), E'\\n'), '')`,
      )
    case 'geojson':
      return trusted(
        `json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(ST_AsGeoJSON(_postgrest_t)::json), '[]'))`,
      )
    case 'handler': {
      const { function: handler, target, isBytes } = format.handler
      const rows =
        called && returnsScalar(called)
          ? trusted('_postgrest_t.pgrst_scalar')
          : target
            ? sql`_postgrest_t::${named(target)}`
            : trusted('_postgrest_t')
      const body = sql`${named(handler)}(${rows})`
      return isBytes && !explained ? sql`encode(${body}, 'hex')` : body
    }
  }
}

/** Names of the columns, from the first row. Rows that are those of `pgrst_source` need not be gathered for that. */
function csvHead(reshaped: boolean): string {
  const source = 'SELECT row_to_json(hh) as r from pgrst_source as hh limit 1'
  return reshaped
    ? `(SELECT coalesce(string_agg(k, ','), '') FROM json_object_keys(coalesce(json_agg(_postgrest_t)->0, (${source}))) k)`
    : `(SELECT coalesce(string_agg(a.k, ','), '') FROM (SELECT json_object_keys(r)::text as k FROM (${source}) s) a)`
}

function arraySql(called: SqlFunction | undefined, strip: boolean): Sql {
  if (called && returnsOneRow(called)) return orElse(stripped('json_agg(_postgrest_t)->0', strip), 'null')
  if (called && returnsScalar(called))
    return orElse(stripped('json_agg(_postgrest_t.pgrst_scalar)->0', strip), 'null')
  if (called && returnsSetOfScalars(called))
    return orElse(stripped('json_agg(_postgrest_t.pgrst_scalar)', strip), '[]')
  return orElse(stripped('json_agg(_postgrest_t)', strip), '[]')
}

function stripped(json: string, strip: boolean): string {
  return strip ? `json_strip_nulls(${json})` : json
}

function orElse(json: string, empty: string): Sql {
  return trusted(`coalesce(${json}, '${empty}')`)
}
