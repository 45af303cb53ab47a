import type { Operation } from '../operations/operation.ts'
import { operations } from '../operations/operations.ts'
import { inputJsonSchema, type JsonSchema, outputJsonSchema } from './json-schema.ts'

export interface OpenApiOperation {
  operationId: string
  summary: string
  description: string
  tags: string[]
  parameters: { name: string; in: 'path' | 'query'; required: boolean; schema: JsonSchema }[]
  requestBody?: { required: true; content: { 'application/json': { schema: JsonSchema } } }
  responses: Record<string, { description: string; content?: Record<string, { schema: JsonSchema }> }>
  'x-roles': readonly string[]
  'x-approval': string
  'x-mcp-tool': string | null
}

export interface OpenApiDocument {
  openapi: '3.1.0'
  info: { title: string; version: string; description: string }
  servers: { url: string }[]
  security: Record<string, string[]>[]
  paths: Record<string, Record<string, OpenApiOperation>>
  components: {
    securitySchemes: Record<string, { type: string; scheme: string; description: string }>
    schemas: Record<string, JsonSchema>
  }
}

/** The part of the contract that agents reach over REST, as OpenAPI 3.1. `origin`: where it answers. */
export function openApi(origin: string, version: string): OpenApiDocument {
  const paths: OpenApiDocument['paths'] = {}
  for (const [key, operation] of Object.entries<Operation>(operations)) {
    if (operation.roles.length === 0) continue
    for (const [index, path] of [operation.path, ...(operation.also ?? [])].entries()) {
      const templated = path.replace(/:(\w+)/g, '{$1}')
      paths[templated] ??= {}
      const id = index === 0 ? key : `${key}${index + 1}`
      paths[templated][operation.method.toLowerCase()] = describe(id, path, operation)
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Hangar service desk',
      version,
      description: 'What agents may do with silos. Unknown parameters are refused.',
    },
    servers: [{ url: origin }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'A token that carries a role and silos.' },
      },
      schemas: { Error: errorSchema },
    },
  }
}

const errorSchema: JsonSchema = {
  type: 'object',
  required: ['code', 'message'],
  properties: {
    code: { type: 'string', description: 'Stable: HGR_…' },
    message: { type: 'string', description: 'One sentence.' },
    hint: { type: 'string', description: 'What to do about it.' },
    data: { type: 'object' },
  },
}

const refusals = {
  '401': 'No credentials that the desk knows',
  '403': 'The role may not call it',
  '404': 'No such silo for this caller, or nothing to tell of it in its phase',
  '422': 'The input breaks a rule, or has a field that is not known',
  '428': 'An approval is needed first',
  '429': 'Too many calls',
} as const

function describe(id: string, path: string, operation: Operation): OpenApiOperation {
  const input = inputJsonSchema(operation)
  const inPath = new Set([...path.matchAll(/:(\w+)/g)].map(match => match[1] ?? ''))
  const required = new Set(input.required)
  const fields = Object.entries(input.properties ?? {})
  const inBody = operation.method === 'POST' ? fields.filter(([name]) => !inPath.has(name)) : []
  const outside = fields.filter(([name]) => inPath.has(name) || operation.method !== 'POST')
  const withApproval = operation.approval === 'configurable'
  return {
    operationId: id,
    summary: operation.summary,
    description: `Roles: ${operation.roles.join(', ')}.${withApproval ? ' May need an approval.' : ''}`,
    tags: [operation.name.split('.')[0] ?? ''],
    parameters: outside.map(([name, schema]) => ({
      name,
      in: inPath.has(name) ? 'path' : 'query',
      required: inPath.has(name) || required.has(name),
      schema,
    })),
    ...(inBody.length === 0
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: bodyOf(inBody, required) } },
          },
        }),
    responses: {
      '200': {
        description: operation.streams
          ? 'Lines of JSON: progress while it runs, then {"result": …} or {"error": …}'
          : 'Done',
        content: contentOf(operation),
      },
      ...Object.fromEntries(
        Object.entries(refusals)
          .filter(([status]) => status !== '428' || withApproval)
          .map(([status, description]) => [
            status,
            {
              description,
              content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
            },
          ]),
      ),
    },
    'x-roles': operation.roles,
    'x-approval': operation.approval,
    'x-mcp-tool': operation.tool,
  }
}

function contentOf(operation: Operation): Record<string, { schema: JsonSchema }> {
  const output = outputJsonSchema(operation)
  if (!operation.streams) return { 'application/json': { schema: output } }
  return { 'application/x-ndjson': { schema: { type: 'object', properties: { result: output } } } }
}

function bodyOf(fields: [string, JsonSchema][], required: ReadonlySet<string>): JsonSchema {
  const needed = fields.map(([name]) => name).filter(name => required.has(name))
  return {
    type: 'object',
    properties: Object.fromEntries(fields),
    additionalProperties: false,
    ...(needed.length === 0 ? {} : { required: needed }),
  }
}
