import { restErrors } from '../errors.ts'
import { openApi } from '../openapi/document.ts'
import type { Answer } from '../response/answer.ts'
import { tableKey } from '../schema/cache.ts'
import { sql, trusted, value } from '../sql/sql.ts'
import { mainStatement } from '../sql/statement.ts'
import { execute, type Handling, profileHeader } from './parts.ts'

/** The root: a description of the API, of what the caller may use. */
export async function describeApi(handling: Handling): Promise<Answer> {
  const { call, parts, schema } = handling
  const { openApi: mode, openApiProxy } = parts.settings
  if (mode === 'disabled') throw restErrors.noOpenApi()
  const accept = call.header('accept') ?? '*/*'
  const media = ['*/*', 'application/*', 'application/json', 'application/openapi+json']
  const asked = accept.split(',').map(part => part.split(';')[0]?.trim().toLowerCase() ?? '')
  if (!asked.some(type => media.includes(type))) throw restErrors.media(asked)
  const all = [
    ...[...schema.tables.values()].filter(one => one.schema === call.schemaName),
    ...[...schema.functions.values()].flat().filter(one => one.schema === call.schemaName),
  ]
  const usable = mode === 'ignore-privileges' ? new Set(all.map(tableKey)) : await usableNames(handling)
  const body = JSON.stringify(
    openApi(schema, {
      schemaName: call.schemaName,
      host: call.header('host') ?? 'localhost:3000',
      proxy: openApiProxy,
      isUsable: name => usable.has(tableKey(name)),
    }),
  )
  return {
    status: 200,
    headers: { 'content-type': 'application/openapi+json; charset=utf-8', ...profileHeader(handling) },
    body,
  }
}

async function usableNames(handling: Handling): Promise<ReadonlySet<string>> {
  const schemaName = value(handling.call.schemaName)
  const rows = sql`
    select n.nspname || '.' || c.relname as name
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${schemaName} and c.relkind in ('r', 'v', 'm', 'f', 'p')
      and (pg_catalog.has_table_privilege(c.oid, 'select, insert, update, delete') or pg_catalog.has_any_column_privilege(c.oid, 'select, insert, update'))
    union
    select n.nspname || '.' || p.proname
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = ${schemaName} and pg_catalog.has_function_privilege(p.oid, 'execute')`
  const outcome = await execute(handling, {
    statement: mainStatement({ rows, body: trusted(`coalesce(json_agg(_.name), '[]')::text`) }),
    readOnly: true,
  })
  return new Set(JSON.parse(outcome.body) as string[])
}
