import { functionsQuery } from './function-queries.ts'
import { tablesQuery } from './table-queries.ts'

/** Each gives one row with one JSON document. They run with an empty search path, so that types are written with their schemas. */
export const catalogueQueries = {
  ...tablesQuery,
  ...functionsQuery,

  descriptions: `
    select json_object_agg(nspname, pg_catalog.obj_description(oid, 'pg_namespace'))
    from pg_catalog.pg_namespace where nspname = any($1::text[]) and pg_catalog.obj_description(oid, 'pg_namespace') is not null`,
} as const
