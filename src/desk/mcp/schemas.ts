import { z } from 'zod'
import type { Operation } from '#contract'

export type JsonSchema = { type: 'object'; [key: string]: unknown }

/** How an operation's output is carried as structured content: an object always, a list or a stream as its `items`. */
export function wrapsItems(operation: Operation): boolean {
  return operation.streams === 'items' || jsonOf(operation.output, 'output')['type'] !== 'object'
}

/** The arguments of a tool. What a stream would need (`follow`) has no place in a call that answers once. */
export function inputSchemaOf(operation: Operation): JsonSchema {
  const schema = jsonOf(operation.input, 'input')
  const { follow: _follow, ...properties } = (schema['properties'] ?? {}) as Record<string, unknown>
  return { ...schema, type: 'object', properties }
}

/** What a tool answers. Of projected operations every field may be absent: each role sees its part. */
export function outputSchemaOf(operation: Operation): JsonSchema {
  const plain = jsonOf(operation.output, 'output')
  const schema = operation.projected ? withoutRequired(plain) : plain
  if (!wrapsItems(operation)) return { ...schema, type: 'object' }
  return {
    type: 'object',
    properties: {
      items: { type: 'array', items: itemsOf(operation, schema) },
      truncated: { type: 'boolean' },
    },
    required: ['items'],
  }
}

function itemsOf(operation: Operation, schema: Record<string, unknown>): unknown {
  return operation.streams === 'items' || schema['type'] !== 'array' ? schema : schema['items']
}

function jsonOf(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Record<
    string,
    unknown
  >
  return io === 'output' ? (open(rest) as Record<string, unknown>) : rest
}

/** Answers may grow; a client that checks them must not fail then. */
function open(schema: unknown): unknown {
  return map(schema, ({ additionalProperties, ...rest }) =>
    additionalProperties === false || additionalProperties === undefined
      ? rest
      : { ...rest, additionalProperties },
  )
}

function withoutRequired(schema: Record<string, unknown>): Record<string, unknown> {
  return map(schema, ({ required: _required, ...rest }) => rest) as Record<string, unknown>
}

function map(schema: unknown, change: (schema: Record<string, unknown>) => Record<string, unknown>): unknown {
  if (Array.isArray(schema)) return schema.map(item => map(item, change))
  if (typeof schema !== 'object' || schema === null) return schema
  const entries = Object.entries(schema as Record<string, unknown>).map(([key, value]) => {
    if (key === 'properties')
      return [
        key,
        Object.fromEntries(Object.entries(value as object).map(([name, of]) => [name, map(of, change)])),
      ]
    return [key, map(value, change)]
  })
  return change(Object.fromEntries(entries))
}
