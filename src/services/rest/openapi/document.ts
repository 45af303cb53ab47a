import type { Name, Schema } from '../schema/cache.ts'
import { definitionOf } from './definitions.ts'
import { parametersOf, sharedParameters } from './parameters.ts'
import { functionPath, rootPath, tablePath } from './paths.ts'

export interface OpenApiOptions {
  readonly schemaName: string
  readonly host: string
  /** The address that callers use, when it is another one. */
  readonly proxy: string | undefined
  isUsable(name: Name): boolean
}

/** An OpenAPI 2.0 description of a schema, as PostgREST gives it. */
export function openApi(schema: Schema, { schemaName, host, proxy, isUsable }: OpenApiOptions) {
  const tables = [...schema.tables.values()]
    .filter(one => one.schema === schemaName && isUsable(one))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  // Of overloads, the one that takes most.
  const functions = [...schema.functions.values()]
    .flatMap(([first, ...more]) => (first ? [more.reduce(longer, first)] : []))
    .filter(one => one.schema === schemaName && isUsable(one))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const description = schema.descriptions.get(schemaName)
  const [title, ...rest] = description?.split('\n') ?? []
  return {
    swagger: '2.0',
    info: {
      description: description === undefined ? 'standard public schema' : rest.join('\n').trim(),
      title: title || 'PostgREST API',
      version: '12.0.1',
    },
    ...addressOf(host, proxy),
    consumes: mediaTypes,
    produces: mediaTypes,
    paths: Object.fromEntries([
      ['/', rootPath],
      ...tables.map(table => [`/${table.name}`, tablePath(table)]),
      ...functions.map(one => [`/rpc/${one.name}`, functionPath(one)]),
    ]),
    definitions: Object.fromEntries(tables.map(table => [table.name, definitionOf(schema, table)])),
    parameters: { ...sharedParameters, ...Object.assign({}, ...tables.map(parametersOf)) },
    externalDocs: {
      description: 'PostgREST Documentation',
      url: 'https://postgrest.org/en/v12.0/references/api.html',
    },
  }
}

const mediaTypes = [
  'application/json',
  'application/vnd.pgrst.object+json;nulls=stripped',
  'application/vnd.pgrst.object+json',
  'text/csv',
]

function longer<T extends { readonly parameters: readonly unknown[] }>(a: T, b: T): T {
  return b.parameters.length > a.parameters.length ? b : a
}

function addressOf(host: string, proxy: string | undefined) {
  if (proxy === undefined || !URL.canParse(proxy)) return { host, basePath: '/', schemes: ['http'] }
  const url = new URL(proxy)
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return { host: `${url.hostname}:${port}`, basePath: url.pathname, schemes: [url.protocol.slice(0, -1)] }
}
