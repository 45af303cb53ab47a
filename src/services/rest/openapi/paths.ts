import type { SqlFunction, Table } from '../schema/cache.ts'
import { jsonType } from './definitions.ts'

const ref = (name: string) => ({ $ref: `#/parameters/${name}` })
const ok = { '200': { description: 'OK' } }
const noContent = { '204': { description: 'No Content' } }

export const rootPath = {
  get: {
    tags: ['Introspection'],
    summary: 'OpenAPI description (this document)',
    produces: ['application/openapi+json', 'application/json'],
    responses: ok,
  },
}

/** What can be done with a table. */
export function tablePath(table: Table): Record<string, object> {
  const { name, columns, description } = table
  const filters = [...columns.keys()].map(column => ref(`rowFilter.${name}.${column}`))
  const [summary, ...more] = description?.split('\n') ?? []
  const common = {
    tags: [name],
    ...(summary === undefined ? {} : { summary }),
    ...(more.length === 0 ? {} : { description: more.join('\n').trim() }),
  }
  const rows = {
    description: 'OK',
    schema: { items: { $ref: `#/definitions/${name}` }, type: 'array' },
  }
  const paging = ['select', 'order', 'range', 'rangeUnit', 'offset', 'limit', 'preferCount'].map(ref)
  const change = [...filters, ref('preferReturn')]
  return {
    get: {
      ...common,
      parameters: [...filters, ...paging],
      responses: { '200': rows, '206': { description: 'Partial Content' } },
    },
    ...(table.insertable
      ? {
          post: {
            ...common,
            parameters: [ref(`body.${name}`), ref('select'), ref('preferPost')],
            responses: { '201': { description: 'Created' } },
          },
        }
      : {}),
    ...(table.deletable ? { delete: { ...common, parameters: change, responses: noContent } } : {}),
    ...(table.updatable
      ? {
          patch: {
            ...common,
            parameters: [...filters, ref(`body.${name}`), ref('preferReturn')],
            responses: noContent,
          },
        }
      : {}),
  }
}

/** How a function is called. */
export function functionPath({
  name,
  description,
  parameters,
  volatility,
}: SqlFunction): Record<string, object> {
  const [summary, ...more] = description?.split('\n') ?? []
  const common = {
    tags: [`(rpc) ${name}`],
    ...(summary === undefined ? {} : { summary }),
    ...(more.length === 0 ? {} : { description: more.join('\n').trim() }),
    produces: [
      'application/json',
      'application/vnd.pgrst.object+json;nulls=stripped',
      'application/vnd.pgrst.object+json',
    ],
    responses: ok,
  }
  const required = parameters.filter(one => one.required).map(one => one.name)
  const args = {
    required: true,
    name: 'args',
    in: 'body',
    schema: {
      ...(required.length === 0 ? {} : { required }),
      ...(description === null ? {} : { description }),
      type: 'object',
      properties: Object.fromEntries(
        parameters.map(one => [one.name, { format: one.type, ...jsonType(one.type) }]),
      ),
    },
  }
  const query = parameters.map(one => ({
    name: one.name,
    required: one.required,
    in: 'query',
    ...(one.variadic ? { collectionFormat: 'multi' } : {}),
    format: one.type,
    ...(one.variadic
      ? { type: 'array', items: { type: 'string' } }
      : { type: jsonType(one.type).type ?? 'string' }),
  }))
  return {
    ...(volatility === 'v' ? {} : { get: { ...common, parameters: query } }),
    post: { ...common, parameters: [args, ref('preferParams')] },
  }
}
