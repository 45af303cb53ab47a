import { functionsQuery } from './function-queries.ts'
import { tablesQuery } from './table-queries.ts'

/** Each gives rows of one JSON document, read by raw.ts. `$1`: the exposed schemas, `$2`: those that are searched besides. They run with an empty search path, so that types are written with their schemas. */
export const catalogueQueries = {
  ...tablesQuery,
  ...functionsQuery,

  descriptions: `
    select json_build_array(nspname, pg_catalog.obj_description(oid, 'pg_namespace'))
    from pg_catalog.pg_namespace where nspname = any($1::text[]) and pg_catalog.obj_description(oid, 'pg_namespace') is not null`,
} as const
