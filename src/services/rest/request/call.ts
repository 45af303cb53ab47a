import type { WireRequest } from '#wire'
import { restErrors } from '../errors.ts'
import { Recent } from '../recent.ts'
import { type Payload, readBody, readPayload } from './body.ts'
import type { KnownQueries } from './known-queries.ts'
import { type Media, mediaName, parseAccept, parseMedia } from './media.ts'
import type { Preferences } from './preferences.ts'
import type { Query } from './query.ts'
import { allRows, intersection, isAllRows, isEmpty, noRows, type Range, readRangeHeader } from './range.ts'
import { utf8Of } from './utf8.ts'

/** What a request is for and what it wants of it. */
export type Action =
  | { readonly kind: 'read'; readonly name: string; readonly headersOnly: boolean }
  | { readonly kind: 'create' | 'update' | 'upsert' | 'delete'; readonly name: string }
  | { readonly kind: 'call'; readonly name: string; readonly by: 'get' | 'head' | 'post' }
  | { readonly kind: 'describe'; readonly headersOnly: boolean }
  | { readonly kind: 'info'; readonly of: 'table' | 'function'; readonly name: string }
  | { readonly kind: 'info'; readonly of: 'root' }

/** A request, read and parsed, before anything is looked up in the schema. */
export interface Call {
  readonly request: WireRequest
  readonly method: string
  /** As it came, without the query. */
  readonly path: string
  readonly action: Action
  readonly schemaName: string
  /** Whether the answer names the schema. */
  readonly showsProfile: boolean
  readonly preferences: Preferences
  readonly query: Query
  /** Rows of the resource itself, from limit, offset and the Range header. */
  readonly range: Range
  /** By the name of the parameter, `limit` among them. */
  readonly ranges: ReadonlyMap<string, Range>
  readonly payload: Payload | undefined
  readonly contentType: Media
  readonly accept: readonly Media[]
  header(name: string): string | undefined
}

export interface CallRules {
  readonly schemas: readonly string[]
  readonly openApi: boolean
  readonly queries: KnownQueries
  /** A function that answers at the root. */
  readonly rootFunction: string | undefined
}

/** Reads all of a request; at once, when nothing has to be waited for. Throws the PGRST1xx errors. */
export function readCall(
  request: WireRequest,
  rules: CallRules,
  preferencesOf: (header: string | undefined) => Preferences | Promise<Preferences>,
): Call | Promise<Call> {
  const { method } = request
  const header = (name: string) => {
    const found = request.headers[name]
    const text = Array.isArray(found) ? found.join(',') : found
    return text === undefined ? undefined : utf8Of(text)
  }
  const url = utf8Of(request.url).replace(wholeAddress, '')
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const resource = resourceOf(path, rules)
  const profile = header(writes.has(method) ? 'content-profile' : 'accept-profile')
  const schemaName = profile ?? rules.schemas[0] ?? 'public'
  if (!rules.schemas.includes(schemaName)) throw restErrors.schema(rules.schemas)
  const action = actionOf(resource, method)
  const ofFunction = action.kind === 'call' || (action.kind === 'info' && action.of === 'function')
  const readsFunction = ofFunction && !(action.kind === 'call' && action.by === 'post')
  const search = mark < 0 ? '' : url.slice(mark + 1)
  const query = rules.queries.readShaped(search, readsFunction)
  const { range, ranges } = rangesOf(method, query, header('range'))
  const contentType = parsed(header('content-type'))
  const said = preferencesOf(header('prefer'))
  if (!hasPayload(action) && !(said instanceof Promise)) return callOf(said, undefined)
  return withBody()

  async function withBody(): Promise<Call> {
    const preferences = await said
    return callOf(preferences, await payloadOf(request, action, query, contentType))
  }

  function callOf(preferences: Preferences, payload: Payload | undefined): Call {
    return {
      request,
      method,
      path,
      action,
      schemaName,
      showsProfile: profile !== undefined || rules.schemas.length > 1,
      preferences,
      query,
      range,
      ranges,
      payload,
      contentType,
      accept: accepted.get(header('accept') ?? '', () => parseAccept(header('accept'))),
      header,
    }
  }
}

/** What stands before the path when a proxy is asked, or whoever is taken for one. */
const wholeAddress = /^https?:\/\/[^/?]*/i

const accepted = new Recent<readonly Media[]>(200, 1000)
const sent = new Recent<Media>(200, 1000)

function parsed(contentType = 'application/json'): Media {
  return sent.get(contentType, () => parseMedia(contentType))
}

const writes: ReadonlySet<string> = new Set(['DELETE', 'PATCH', 'POST', 'PUT'])

type Resource = { readonly kind: 'root' } | { readonly kind: 'table' | 'function'; readonly name: string }

function resourceOf(path: string, { openApi, rootFunction }: CallRules): Resource {
  if (plainTable.test(path)) return { kind: 'table', name: path.slice(1) }
  const parts = path === '/' || path === '' ? [] : path.split('/').slice(1).map(decoded)
  const [first, second] = parts
  if (first === undefined) {
    if (rootFunction !== undefined) return { kind: 'function', name: rootFunction }
    if (!openApi) throw restErrors.notFound()
    return { kind: 'root' }
  }
  if (parts.length === 1) return { kind: 'table', name: first }
  if (parts.length === 2 && first === 'rpc' && second !== undefined) return { kind: 'function', name: second }
  throw restErrors.notFound()
}

/** Most addresses: one name, nothing encoded. */
const plainTable = /^\/[^/%]+$/

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw restErrors.notFound()
  }
}

function actionOf(resource: Resource, method: string): Action {
  switch (resource.kind) {
    case 'root':
      if (method === 'GET' || method === 'HEAD') return { kind: 'describe', headersOnly: method === 'HEAD' }
      if (method === 'OPTIONS') return { kind: 'info', of: 'root' }
      break
    case 'function': {
      const { name } = resource
      if (method === 'GET' || method === 'HEAD')
        return { kind: 'call', name, by: method === 'GET' ? 'get' : 'head' }
      if (method === 'POST') return { kind: 'call', name, by: 'post' }
      if (method === 'OPTIONS') return { kind: 'info', of: 'function', name }
      throw restErrors.rpcMethod(method)
    }
    case 'table': {
      const { name } = resource
      if (method === 'GET' || method === 'HEAD') return { kind: 'read', name, headersOnly: method === 'HEAD' }
      if (method === 'OPTIONS') return { kind: 'info', of: 'table', name }
      const kind = changes.get(method)
      if (kind) return { kind, name }
    }
  }
  throw restErrors.method(method)
}

const changes: ReadonlyMap<string, 'create' | 'update' | 'upsert' | 'delete'> = new Map([
  ['POST', 'create'],
  ['PATCH', 'update'],
  ['PUT', 'upsert'],
  ['DELETE', 'delete'],
])

/** Throws PGRST103, PGRST109 and PGRST114. */
function rangesOf(method: string, { ranges, order }: Query, header: string | undefined) {
  if (ranges.size === 0 && header === undefined) return unlimited
  const fromHeader = method === 'GET' ? readRangeHeader(header) : allRows
  const limited = ranges.get('limit') ?? allRows
  const none = limited.last === -1
  const range = none ? noRows : intersection(fromHeader, limited)
  if (!none && isEmpty(range))
    throw isEmpty(fromHeader) ? restErrors.lowerOverUpper() : restErrors.negativeLimit()
  if ((method === 'PATCH' || method === 'DELETE') && ranges.size > 0 && order.length === 0)
    throw restErrors.limitWithoutOrder()
  if (method === 'PUT' && !isAllRows(range)) throw restErrors.putLimit()
  return { range, ranges: new Map(ranges).set('limit', range) }
}

const unlimited: { readonly range: Range; readonly ranges: ReadonlyMap<string, Range> } = {
  range: allRows,
  ranges: new Map([['limit', allRows]]),
}

function hasPayload(action: Action): boolean {
  const { kind } = action
  return (
    kind === 'create' || kind === 'update' || kind === 'upsert' || (kind === 'call' && action.by === 'post')
  )
}

async function payloadOf(
  request: WireRequest,
  action: Action,
  { columns }: Query,
  contentType: Media,
): Promise<Payload | undefined> {
  if (!hasPayload(action)) return undefined
  return readPayload(await readBody(request), {
    type: mediaName(contentType),
    forFunction: action.kind === 'call',
    columns: action.kind === 'upsert' ? undefined : columns,
  })
}
