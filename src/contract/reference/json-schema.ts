import * as z from 'zod'
import type { Operation } from '../operations/operation.ts'

/** As far as the projections here look into it. */
export interface JsonSchema {
  type?: string | string[]
  description?: string
  properties?: Record<string, JsonSchema>
  required?: string[]
  items?: JsonSchema
  enum?: unknown[]
  const?: unknown
  anyOf?: JsonSchema[]
  additionalProperties?: boolean | JsonSchema
  default?: unknown
  [keyword: string]: unknown
}

/** What a caller may send, as JSON Schema 2020-12. */
export function inputJsonSchema(operation: Operation): JsonSchema {
  return plain(z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any' }))
}

/** What a caller gets. Of projected operations no field is promised: each role sees its part. */
export function outputJsonSchema(operation: Operation): JsonSchema {
  const schema = plain(z.toJSONSchema(operation.output, { io: 'output', unrepresentable: 'any' }))
  return operation.projected ? withoutRequired(schema) : schema
}

function plain(schema: object): JsonSchema {
  const { $schema: _dialect, ...rest } = schema as JsonSchema
  return rest
}

function withoutRequired(schema: JsonSchema): JsonSchema {
  const { required: _required, ...rest } = schema
  if (rest.properties)
    rest.properties = Object.fromEntries(
      Object.entries(rest.properties).map(([name, property]) => [name, withoutRequired(property)]),
    )
  if (rest.items) rest.items = withoutRequired(rest.items)
  if (rest.anyOf) rest.anyOf = rest.anyOf.map(withoutRequired)
  return rest
}
