import type { Schema } from './schema/cache.ts'

/** A short OpenAPI 2.0 description: paths and definitions of tables, paths of functions. */
export function openApi(schema: Schema, schemaName: string) {
  const tables = [...schema.tables.values()].filter(table => table.schema === schemaName)
  const functions = [...schema.functions.values()].flat().filter(one => one.schema === schemaName)
  return {
    swagger: '2.0',
    info: { title: 'standard public schema', description: '', version: '12.0.1' },
    host: '0.0.0.0:3000',
    basePath: '/',
    schemes: ['http'],
    consumes: ['application/json', 'text/csv'],
    produces: ['application/json', 'text/csv'],
    paths: Object.fromEntries([
      [
        '/',
        {
          get: {
            tags: ['Introspection'],
            summary: 'OpenAPI description (this document)',
            responses: { '200': { description: 'OK' } },
          },
        },
      ],
      ...tables.map(({ name }) => [
        `/${name}`,
        Object.fromEntries(
          ['get', 'post', 'patch', 'delete'].map(method => [
            method,
            { tags: [name], responses: { '200': { description: 'OK' } } },
          ]),
        ),
      ]),
      ...functions.map(({ name }) => [
        `/rpc/${name}`,
        { post: { tags: [`(rpc) ${name}`], responses: { '200': { description: 'OK' } } } },
      ]),
    ]),
    definitions: Object.fromEntries(
      tables.map(({ name, columns, primaryKey }) => [
        name,
        {
          type: 'object',
          properties: Object.fromEntries(
            [...columns].map(([column, type]) => [
              column,
              {
                format: type,
                type: jsonType(type),
                ...(primaryKey.includes(column) ? { description: 'Note:\nThis is a Primary Key.<pk/>' } : {}),
              },
            ]),
          ),
        },
      ]),
    ),
  }
}

function jsonType(type: string): string {
  if (/^(smallint|integer|bigint)/.test(type)) return 'integer'
  if (/^(numeric|real|double)/.test(type)) return 'number'
  if (type === 'boolean') return 'boolean'
  return type.endsWith('[]') ? 'array' : 'string'
}
