import type { IncomingMessage } from 'node:http'
import { restErrors } from '../errors.ts'
import type { Query } from './ast.ts'
import { readBody } from './body.ts'
import { contentTypeOf } from './media.ts'
import { type Preferences, parsePreferences } from './preferences.ts'
import { parseQuery } from './query.ts'

export type Resource =
  | { readonly kind: 'root' }
  | { readonly kind: 'table'; readonly name: string }
  | { readonly kind: 'function'; readonly name: string }

/** A request, read and parsed, before anything is known of the schema. */
export interface Call {
  readonly request: IncomingMessage
  readonly method: string
  readonly path: string
  readonly resource: Resource
  readonly schemaName: string
  /** Whether the answer names the schema. */
  readonly showsProfile: boolean
  readonly preferences: Preferences
  readonly query: Query
  readonly body: Buffer
  readonly contentType: string
  header(name: string): string | undefined
}

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS'])
const noBody = Buffer.alloc(0)

/** Reads all of a request. Throws the PGRST1xx errors. */
export async function readCall(request: IncomingMessage, schemas: readonly string[]): Promise<Call> {
  const method = request.method ?? 'GET'
  if (!methods.has(method)) throw restErrors.method(method)
  const header = (name: string) => {
    const found = request.headers[name]
    return Array.isArray(found) ? found.join(',') : found
  }
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  const path = decoded(mark < 0 ? url : url.slice(0, mark))
  const resource = resourceOf(path)
  const reads = method === 'GET' || method === 'HEAD'
  const profile = header(reads ? 'accept-profile' : 'content-profile')
  const schemaName = profile ?? schemas[0] ?? 'public'
  if (!schemas.includes(schemaName)) throw restErrors.schema(schemas)
  const hasBody = method === 'POST' || method === 'PATCH' || method === 'PUT'
  const body = hasBody ? await readBody(request) : noBody
  return {
    request,
    method,
    path,
    resource,
    schemaName,
    showsProfile: schemas.length > 1,
    preferences: parsePreferences(header('prefer')),
    query: parseQuery(mark < 0 ? '' : url.slice(mark + 1), resource.kind === 'function' && reads),
    body,
    contentType: contentTypeOf(header('content-type')),
    header,
  }
}

function resourceOf(path: string): Resource {
  const [, first = '', second, ...more] = path.split('/')
  if (more.length > 0) throw restErrors.path()
  if (first === '' && second === undefined) return { kind: 'root' }
  if (second === undefined) return { kind: 'table', name: first }
  if (first === 'rpc' && second !== '') return { kind: 'function', name: second }
  throw restErrors.path()
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw restErrors.path()
  }
}
