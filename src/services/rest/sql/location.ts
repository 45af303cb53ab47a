import { join, type Sql, sql, trusted, value } from './sql.ts'

/** Where the one new row is: its key columns as pairs of name and filter, in JSON. Null for none or many. */
export function locationSql(primaryKey: readonly string[]): Sql {
  if (primaryKey.length === 0) return trusted('null::text')
  const names = join(
    primaryKey.map(name => value(name)),
    ', ',
  )
  return sql`CASE WHEN pg_catalog.count(_postgrest_t) = 1 THEN (
    WITH data AS (SELECT row_to_json(_) AS row FROM pgrst_source AS _ LIMIT 1)
    SELECT json_agg(json_build_array(json_data.key, coalesce('eq.' || json_data.value, 'is.null')))
    FROM data CROSS JOIN json_each_text(data.row) AS json_data WHERE json_data.key IN (${names})) END`
}
