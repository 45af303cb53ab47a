import { restErrors } from '../errors.ts'
import { openApi } from '../openapi/document.ts'
import { mediaName } from '../request/media.ts'
import type { Answer } from '../response/answer.ts'
import { tableKey } from '../schema/cache.ts'
import { render, sql, value } from '../sql/sql.ts'
import { execute, type Handling, profileHeader } from './parts.ts'

const offered: ReadonlySet<string> = new Set(['*/*', 'application/json', 'application/openapi+json'])

/** The root: a description of the API, of what the caller may use. */
export async function describeApi(handling: Handling, headersOnly: boolean): Promise<Answer> {
  const { call, schema, settings } = handling
  if (!call.accept.some(media => media.kind === 'plain' && offered.has(media.type)))
    throw restErrors.media(call.accept.map(mediaName))
  const usable = await usableNames(handling)
  const document = openApi(schema, {
    schemaName: call.schemaName,
    settings,
    isUsable: name => usable === undefined || usable.has(tableKey(name)),
  })
  return {
    status: 200,
    headers: { 'content-type': 'application/openapi+json; charset=utf-8', ...profileHeader(handling) },
    body: headersOnly ? '' : JSON.stringify(document),
  }
}

/** Undefined: all of them. Then too, the caller must be one that may ask: there is a transaction, and what runs before each. */
async function usableNames(handling: Handling): Promise<ReadonlySet<string> | undefined> {
  if (handling.settings.openApi === 'ignore-privileges') {
    await execute(handling, { statement: render(sql`select 1`), readOnly: true })
    return undefined
  }
  const schemaName = value(handling.call.schemaName)
  const statement = render(sql`
    select null, null, coalesce(json_agg(name), '[]') from (
      select n.nspname || '.' || c.relname as name
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = ${schemaName} and c.relkind in ('r', 'v', 'm', 'f', 'p') and (
        pg_catalog.pg_has_role(c.relowner, 'usage')
        or pg_catalog.has_table_privilege(c.oid, 'select, insert, update, delete, truncate, references, trigger')
        or pg_catalog.has_any_column_privilege(c.oid, 'select, insert, update, references'))
      union
      select n.nspname || '.' || p.proname
      from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      where n.nspname = ${schemaName} and pg_catalog.has_function_privilege(p.oid, 'execute')) usable`)
  const outcome = await execute(handling, { statement, readOnly: true })
  return new Set(JSON.parse(outcome.body) as string[])
}
