import type { Parameter, SqlFunction, Table } from '../schema/cache.ts'
import { elementType, jsonType, summaryOf } from './types.ts'

const ref = (name: string) => ({ $ref: `#/parameters/${name}` })
const answers = (status: number, description: string) => ({ [status]: { description } })

export const rootPath = {
  get: {
    tags: ['Introspection'],
    summary: 'OpenAPI description (this document)',
    produces: ['application/openapi+json', 'application/json'],
    responses: answers(200, 'OK'),
  },
}

/** What can be done with a table. */
export function tablePath({ name, columns, description, ...rights }: Table): Record<string, object> {
  const filters = [...columns.keys()].map(column => ref(`rowFilter.${name}.${column}`))
  const common = { tags: [name], ...summaryOf(description) }
  const rows = {
    description: 'OK',
    schema: { items: { $ref: `#/definitions/${name}` }, type: 'array' },
  }
  const paging = ['select', 'order', 'range', 'rangeUnit', 'offset', 'limit', 'preferCount'].map(ref)
  const get = {
    ...common,
    parameters: [...filters, ...paging],
    responses: { '200': rows, ...answers(206, 'Partial Content') },
  }
  if (!rights.insertable && !rights.updatable && !rights.deletable) return { get }
  return {
    get,
    post: {
      ...common,
      parameters: [`body.${name}`, 'select', 'preferPost'].map(ref),
      responses: answers(201, 'Created'),
    },
    patch: {
      ...common,
      parameters: [...filters, ref(`body.${name}`), ref('preferReturn')],
      responses: answers(204, 'No Content'),
    },
    delete: {
      ...common,
      parameters: [...filters, ref('preferReturn')],
      responses: answers(204, 'No Content'),
    },
  }
}

/** How a function is called. */
export function functionPath(called: SqlFunction): Record<string, object> {
  const { name, description, parameters, volatility } = called
  const common = {
    tags: [`(rpc) ${name}`],
    ...summaryOf(description),
    produces: [
      'application/json',
      'application/vnd.pgrst.object+json;nulls=stripped',
      'application/vnd.pgrst.object+json',
    ],
    responses: answers(200, 'OK'),
  }
  const query = parameters.map(queryParameter)
  const get = { get: { ...common, ...(query.length === 0 ? {} : { parameters: query }) } }
  return {
    ...(volatility === 'v' ? {} : get),
    post: { ...common, parameters: [bodyParameter(called), ref('preferParams')] },
  }
}

function bodyParameter({ description, parameters }: SqlFunction) {
  const required = parameters.filter(one => one.required).map(one => one.name)
  const properties = parameters.map(one => [one.name, { format: one.type, ...jsonType(one.type) }])
  return {
    required: true,
    name: 'args',
    in: 'body',
    schema: {
      ...(required.length === 0 ? {} : { required }),
      ...(description === null ? {} : { description }),
      type: 'object',
      ...(properties.length === 0 ? {} : { properties: Object.fromEntries(properties) }),
    },
  }
}

function queryParameter({ name, type, required, variadic }: Parameter) {
  const own = jsonType(type).type
  const form = variadic
    ? {
        type: own ?? 'string',
        items: { ...elementType(type), format: type.slice(0, -2) },
        collectionFormat: 'multi',
      }
    : // In an address, lists are texts in braces.
      { format: type, type: own === undefined || own === 'array' ? 'string' : own }
  return { name, required, in: 'query', ...form }
}
