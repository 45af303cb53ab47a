import type { ResolvedField } from '../plan/tree.ts'
import type { JsonBody } from '../request/body.ts'
import { ident, join, nothing, type Sql, sql, trusted, value } from './sql.ts'

export interface BodyForm {
  readonly columns: readonly Pick<ResolvedField, 'name' | 'type' | 'transform' | 'default'>[]
  /** Whether what a row leaves out gets its column's default. */
  readonly defaults: boolean
  readonly onlyFirst: boolean
}

/** ` FROM …` with a JSON body as rows of `pgrst_body`, each column of its type. */
export function bodySql({ text, isObject }: JsonBody, { columns, defaults, onlyFirst }: BodyForm): Sql {
  const kind = trusted(defaults ? 'jsonb' : 'json')
  const filled = defaults ? sql`${filledSql(columns, isObject)}, ` : nothing
  const json = trusted(defaults ? 'pgrst_json_defs.val' : 'pgrst_payload.json_data')
  const parsed = columns.map(({ name, transform }) =>
    transform === undefined ? ident(name) : sql`${trusted(transform)}(${ident(name)}) AS ${ident(name)}`,
  )
  const rows =
    columns.length === 0
      ? isObject
        ? trusted('(values(1)) _ ')
        : sql`${kind}_array_elements(${json}) _ `
      : sql`${kind}_to_record${trusted(isObject ? '' : 'set')}(${json}) AS _(${typesSql(columns)}) `
  const limit = onlyFirst && columns.length > 0 ? trusted('LIMIT 1') : nothing
  return sql` FROM (SELECT ${value(text)}::${kind} AS json_data) pgrst_payload, ${filled}LATERAL (SELECT ${join(parsed, ', ')} FROM ${rows}${limit}) pgrst_body `
}

function filledSql(columns: BodyForm['columns'], isObject: boolean): Sql {
  const pairs = columns.flatMap(({ name, default: expression }) =>
    expression === undefined ? [] : [sql`${literal(name)}, ${trusted(expression)}`],
  )
  const values = sql`jsonb_build_object(${join(pairs, ',')})`
  return isObject
    ? sql`LATERAL (SELECT ${values} || pgrst_payload.json_data AS val) pgrst_json_defs`
    : sql`LATERAL (SELECT jsonb_agg(${values} || elem) AS val from jsonb_array_elements(pgrst_payload.json_data) elem) pgrst_json_defs`
}

function typesSql(columns: BodyForm['columns']): Sql {
  return join(
    columns.map(({ name, type }) => sql`${ident(name)} ${trusted(type)}`),
    ', ',
  )
}

/** A column's name as a text: it comes from the catalogue. */
function literal(name: string): Sql {
  const quoted = `'${name.replaceAll('\0', '').replaceAll("'", "''")}'`
  return trusted(quoted.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted)
}
