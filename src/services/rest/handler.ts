import type { IncomingMessage } from 'node:http'
import { type Answer, contentTypes, type Format, formatOf } from './answer.ts'
import type { Database } from './database.ts'
import { fromPostgres, RestError, restErrors } from './errors.ts'
import { openApi } from './openapi.ts'
import type { Level, Query } from './request/ast.ts'
import { parseJson, parseRows, readBody } from './request/body.ts'
import { type Preferences, parsePreferences } from './request/preferences.ts'
import { parseQuery } from './request/query.ts'
import { contentRange, type Range, rangeOf } from './request/range.ts'
import type { Schema, Table } from './schema/cache.ts'
import type { SchemaSource } from './schema/source.ts'
import { scopeSql } from './scope.ts'
import type { RestSettings } from './settings.ts'
import { callSql } from './sql/call.ts'
import { ident } from './sql/quote.ts'
import { type ReadSource, readSql } from './sql/read.ts'
import { deleteSql, insertSql, updateSql } from './sql/write.ts'
import type { Caller } from './tokens.ts'

export interface RestParts {
  readonly settings: RestSettings
  readonly database: Database
  readonly schemas: SchemaSource
  identify(authorization: string | undefined): Promise<Caller>
}

interface Call {
  readonly request: IncomingMessage
  readonly method: string
  readonly path: string
  readonly caller: Caller
  readonly schemaName: string
  readonly profile: boolean
  readonly preferences: Preferences
  readonly format: Format
  readonly query: Query
  readonly body: string
}

const methods = ['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS']

/** One request to its answer. What the cache does not know is looked for once more in the database, so a new table is there at once. */
export async function answerRequest(parts: RestParts, request: IncomingMessage): Promise<Answer> {
  const call = await read(parts, request)
  try {
    return await perform(parts, call, await parts.schemas.get())
  } catch (error) {
    const stale =
      error instanceof RestError
        ? ['PGRST200', 'PGRST202', 'PGRST204', '42P01'].includes(error.body.code)
        : ['42703', '42P01', '42883', '42804'].includes((error as { code?: string }).code ?? '')
    if (!stale) throw fromPostgres(error, call.caller.anonymous)
    try {
      return await perform(parts, call, await parts.schemas.reload())
    } catch (again) {
      throw fromPostgres(again, call.caller.anonymous)
    }
  }
}

async function read(parts: RestParts, request: IncomingMessage): Promise<Call> {
  const method = request.method ?? 'GET'
  if (!methods.includes(method)) throw restErrors.method(method)
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  const path = decodeURIComponent(mark < 0 ? url : url.slice(0, mark))
  const profile =
    request.headers[method === 'GET' || method === 'HEAD' ? 'accept-profile' : 'content-profile']
  const { schemas } = parts.settings
  const schemaName = typeof profile === 'string' ? profile : (schemas[0] ?? 'public')
  if (!schemas.includes(schemaName)) throw restErrors.schema(schemaName, schemas)
  const body = ['POST', 'PATCH', 'PUT'].includes(method) ? await readBody(request) : ''
  return {
    request,
    method,
    path,
    caller: await parts.identify(request.headers.authorization),
    schemaName,
    profile: profile !== undefined || schemas.length > 1,
    preferences: parsePreferences(header(request, 'prefer')),
    format: formatOf(request),
    query: parseQuery(mark < 0 ? '' : url.slice(mark + 1), path.startsWith('/rpc/')),
    body,
  }
}

function perform(parts: RestParts, call: Call, schema: Schema): Promise<Answer> {
  const { path, method } = call
  if (path === '/') return root(call, schema)
  const [, first = '', second, ...more] = path.split('/')
  if (more.length > 0) throw restErrors.path()
  if (first === 'rpc' && second !== undefined) return callFunction(parts, call, schema, second)
  if (second !== undefined) throw restErrors.path()
  const table = schema.tables.get(`${call.schemaName}.${first}`)
  if (!table) throw missing(call.schemaName, first)
  switch (method) {
    case 'GET':
    case 'HEAD':
      return readTable(parts, call, schema, table)
    case 'OPTIONS':
      return Promise.resolve({
        status: 200,
        headers: { allow: 'OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE', 'access-control-allow-origin': '*' },
        body: undefined,
      })
    default:
      return writeTable(parts, call, schema, table)
  }
}

async function readTable(parts: RestParts, call: Call, schema: Schema, table: Table): Promise<Answer> {
  const key = `${table.schema}.${table.name}`
  const alias = ident(table.name)
  const source = {
    table: key,
    sql: `${ident(table.schema)}.${alias}`,
    alias: `${ident(table.schema)}.${alias}`,
  }
  const range = rangeOf(header(call.request, 'range'), levelOf(call.query), parts.settings.maxRows)
  const { rows, counted } = select(
    parts,
    call,
    schema,
    { ...source, sql: `${source.sql} as ${alias}`, alias },
    range,
  )
  const main = `select ${aggregate(call.format)}, count(*) as rows${totalSql(call, counted)}${responseSettings} from (${rows}) as _`
  const result = await transact(parts, call, main, true)
  return readAnswer(call, result, range, 200)
}

async function writeTable(parts: RestParts, call: Call, schema: Schema, table: Table): Promise<Answer> {
  const { method, preferences, query } = call
  const key = `${table.schema}.${table.name}`
  const isInsert = method === 'POST' || method === 'PUT'
  const payload =
    method === 'DELETE' ? undefined : parseRows(call.body, header(call.request, 'content-type') ?? '')
  const upserts: Preferences =
    method === 'PUT' ? { ...preferences, resolution: 'merge-duplicates' } : preferences
  const change = !payload
    ? deleteSql(table, query)
    : isInsert
      ? insertSql(table, payload, query, upserts)
      : updateSql(table, payload, query)
  const full = preferences.representation === 'full'
  const source: ReadSource = { table: key, sql: 'pgrst_source', alias: 'pgrst_source' }
  // Filters chose what was changed; the rows that came back are all shown.
  const levels = new Map(query.levels)
  levels.set('', { filters: [], order: levelOf(query).order, limit: undefined, offset: 0 })
  const shown = full
    ? readSql(schema, { ...query, levels }, source, {
        limit: undefined,
        offset: 0,
        aggregates: parts.settings.aggregates,
      }).rows
    : 'select 1 from pgrst_source'
  const first = isInsert && table.primaryKey.length > 0 && preferences.representation === 'headers-only'
  const location = first
    ? `(select json_build_object(${table.primaryKey.map(column => `'${column.replaceAll("'", "''")}', ${ident(column)}`).join(', ')}) from pgrst_source limit 1)::text`
    : 'null'
  const main = `with pgrst_source as (${change}) select ${full ? aggregate(call.format) : "'' as body"}, count(*) as rows, ${location} as location${responseSettings} from (${shown}) as _`
  const result = await transact(parts, call, main, false)
  const { rows } = result
  if (preferences.strict && preferences.maxAffected !== undefined && rows > preferences.maxAffected)
    throw new RestError(400, 'PGRST124', 'Query result exceeds max-affected preference constraint', {
      details: `The query affects ${rows} rows`,
    })
  if (full) checkOne(call, rows)
  const status = isInsert ? 201 : full ? 200 : 204
  const total = preferences.count === 'exact' ? rows : undefined
  const range =
    method === 'POST' || method === 'PUT' || method === 'DELETE'
      ? `*/${total ?? '*'}`
      : contentRange(0, rows, total)
  return {
    status: result.status ?? status,
    headers: {
      ...result.headers,
      'content-range': range,
      ...(result.location ? { location: `/${table.name}?${result.location}` } : {}),
      ...common(call),
      ...(full ? { 'content-type': contentTypes[call.format] } : {}),
    },
    body: full ? result.body : undefined,
  }
}

async function callFunction(parts: RestParts, call: Call, schema: Schema, name: string): Promise<Answer> {
  const isGet = call.method === 'GET' || call.method === 'HEAD'
  if (!isGet && call.method !== 'POST') throw restErrors.method(call.method)
  const parameters = new Set(
    (schema.functions.get(`${call.schemaName}.${name}`) ?? []).flatMap(one =>
      one.parameters.map(({ name: own }) => own),
    ),
  )
  const given = isGet
    ? new Map<string, unknown>(
        call.query.args.filter(
          ([key, value]) => parameters.has(key) || !/^(not\.)?[a-z]+(\(.*\))?\./.test(value),
        ),
      )
    : new Map(Object.entries(jsonArguments(call)))
  const { called, sql } = callSql(schema, call.schemaName, name, given, isGet ? undefined : call.body)
  if (isGet && called.volatility === 'v' && call.method === 'HEAD') throw restErrors.method(call.method)
  const { returns } = called
  // What is an argument is no filter.
  const levels = new Map(call.query.levels)
  const own = levels.get('')
  if (own)
    levels.set('', {
      ...own,
      filters: own.filters.filter(filter => filter.kind !== 'condition' || !given.has(filter.field.name)),
    })
  const query = { ...call.query, levels }
  const range = rangeOf(header(call.request, 'range'), levelOf(query), parts.settings.maxRows)
  let main: string
  if (returns.kind === 'void')
    main = `select '' as body, 1 as rows${responseSettings} from ${sql} as pgrst_call`
  else if (returns.kind === 'scalar') {
    const body = returns.set
      ? `coalesce(json_agg(pgrst_call), '[]')::text`
      : `to_json((array_agg(pgrst_call))[1])::text`
    const text =
      call.format === 'text' || call.format === 'binary' ? `string_agg(pgrst_call::text, '')` : body
    main = `select coalesce(${text}, 'null') as body, count(*) as rows${responseSettings} from (select pgrst_call from ${sql} as pgrst_call${range.limit === undefined ? '' : ` limit ${range.limit}`}${range.offset > 0 ? ` offset ${range.offset}` : ''}) as _`
  } else {
    const source: ReadSource = { table: returns.table, sql: `${sql} as pgrst_call`, alias: 'pgrst_call' }
    const { rows, counted } = readSql(schema, query, source, {
      ...range,
      aggregates: parts.settings.aggregates,
    })
    const body = returns.set ? aggregate(call.format) : `coalesce((json_agg(_)->0)::text, 'null') as body`
    main = `select ${body}, count(*) as rows${totalSql(call, counted)}${responseSettings} from (${rows}) as _`
  }
  const result = await transact(parts, call, main, isGet)
  if (returns.kind === 'void')
    return { status: result.status ?? 204, headers: { ...result.headers, ...common(call) }, body: undefined }
  if (returns.kind !== 'scalar' && returns.set) return readAnswer(call, result, range, 200)
  return {
    status: result.status ?? 200,
    headers: {
      'content-range': contentRange(0, result.rows, undefined),
      ...common(call),
      'content-type': contentTypes[call.format],
      ...result.headers,
    },
    body: result.body,
  }
}

function jsonArguments(call: Call): Record<string, unknown> {
  const type = header(call.request, 'content-type') ?? 'application/json'
  if (type.startsWith('application/x-www-form-urlencoded'))
    return Object.fromEntries(new URLSearchParams(call.body))
  if (!type.includes('json')) return {}
  const value = parseJson(call.body)
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}

async function root(call: Call, schema: Schema): Promise<Answer> {
  return {
    status: 200,
    headers: { 'content-type': contentTypes.openapi, ...common(call) },
    body: JSON.stringify(openApi(schema, call.schemaName)),
  }
}

interface MainResult {
  readonly body: string
  readonly rows: number
  readonly total: number | undefined
  readonly location: string | undefined
  readonly status: number | undefined
  readonly headers: Record<string, string>
}

const responseSettings = `, nullif(current_setting('response.headers', true), '') as headers, nullif(current_setting('response.status', true), '') as status`

async function transact(parts: RestParts, call: Call, main: string, readOnly: boolean): Promise<MainResult> {
  const before =
    parts.schemas.versionSql + scopeSql(parts.settings, call.caller, call.request, call.schemaName, call.path)
  const results = await parts.database.transact(before, main, {
    readOnly,
    rollback: call.preferences.tx === 'rollback',
  })
  parts.schemas.noteVersion(results)
  const row = results.at(-2)?.rows[0] as Record<string, string | null>
  return {
    body: row['body'] ?? '',
    rows: Number(row['rows']),
    total: row['total'] == null ? undefined : Number(row['total']),
    location: row['location'] ? locationOf(row['location']) : undefined,
    status: row['status'] ? Number(row['status']) : undefined,
    headers: row['headers'] ? headersOf(row['headers']) : {},
  }
}

function readAnswer(call: Call, result: MainResult, range: Range, status: number): Answer {
  checkOne(call, result.rows)
  const { total, rows } = result
  if (total !== undefined && range.offset > 0 && range.offset >= total)
    throw restErrors.range(range.offset, total)
  const partial = total !== undefined && rows < total
  return {
    status: result.status ?? (partial ? 206 : status),
    headers: {
      'content-range': contentRange(range.offset, rows, total),
      ...common(call),
      'content-type': contentTypes[call.format],
      ...result.headers,
    },
    body: result.body,
  }
}

function checkOne(call: Call, rows: number): void {
  if (call.format === 'object' && rows !== 1) throw restErrors.notOne(rows)
}

function aggregate(format: Format): string {
  if (format === 'object') return `coalesce((json_agg(_)->0)::text, 'null') as body`
  if (format === 'csv')
    return `coalesce((select string_agg(k, ',') from json_object_keys((array_agg(row_to_json(_)))[1]) as k), '') || coalesce(E'\\n' || string_agg(substring(_::text, 2, length(_::text) - 2), E'\\n'), '') as body`
  return `coalesce(json_agg(_), '[]')::text as body`
}

function totalSql({ preferences }: Call, counted: string): string {
  return preferences.count === undefined
    ? ''
    : `, (select count(*) from (${counted}) as pgrst_counted) as total`
}

function select(parts: RestParts, call: Call, schema: Schema, source: ReadSource, range: Range) {
  return readSql(schema, call.query, source, { ...range, aggregates: parts.settings.aggregates })
}

function common(call: Call): Record<string, string> {
  const { applied } = call.preferences
  return {
    ...(call.profile ? { 'content-profile': call.schemaName } : {}),
    ...(applied.length > 0 ? { 'preference-applied': applied.join(', ') } : {}),
  }
}

const nothing: Level = { filters: [], order: [], limit: undefined, offset: 0 }

function levelOf(query: Query): Level {
  return query.levels.get('') ?? nothing
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(',') : value
}

function locationOf(json: string): string {
  return Object.entries(JSON.parse(json) as Record<string, unknown>)
    .map(([column, value]) => `${encodeURIComponent(column)}=eq.${encodeURIComponent(String(value))}`)
    .join('&')
}

/** What a function put into response.headers: a list of objects with one header each. */
function headersOf(json: string): Record<string, string> {
  try {
    const list = JSON.parse(json) as Record<string, string>[]
    return Object.fromEntries(
      list.flatMap(entry => Object.entries(entry).map(([name, value]) => [name.toLowerCase(), value])),
    )
  } catch {
    throw new RestError(
      500,
      'PGRST111',
      'response.headers guc must be a JSON array composed of objects with a single key and a string value',
    )
  }
}

function missing(schema: string, table: string): RestError {
  return new RestError(404, '42P01', `relation "${schema}.${table}" does not exist`)
}
