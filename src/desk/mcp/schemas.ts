import { inputJsonSchema, type JsonSchema, type Operation, outputJsonSchema } from '#contract'

type ObjectSchema = JsonSchema & { type: 'object' }

/** How an operation's output is carried as structured content: an object always, a list or a stream as its `items`. */
export function wrapsItems(operation: Operation): boolean {
  return operation.streams === 'items' || outputJsonSchema(operation).type !== 'object'
}

/** The arguments of a tool. What a stream would need (`follow`) has no place in a call that answers once. */
export function inputSchemaOf(operation: Operation): ObjectSchema {
  const schema = inputJsonSchema(operation)
  const { follow: _follow, ...properties } = schema.properties ?? {}
  return { ...schema, type: 'object', properties }
}

/** What a tool answers. */
export function outputSchemaOf(operation: Operation): ObjectSchema {
  const schema = open(outputJsonSchema(operation))
  if (!wrapsItems(operation)) return { ...schema, type: 'object' }
  const items = operation.streams === 'items' || schema.type !== 'array' ? schema : (schema.items ?? {})
  return {
    type: 'object',
    properties: { items: { type: 'array', items }, truncated: { type: 'boolean' } },
    required: ['items'],
  }
}

/** Answers may grow; a client that checks them must not fail then. */
function open({ additionalProperties, ...schema }: JsonSchema): JsonSchema {
  return {
    ...schema,
    ...(typeof additionalProperties === 'object' ? { additionalProperties: open(additionalProperties) } : {}),
    ...(schema.properties && {
      properties: Object.fromEntries(
        Object.entries(schema.properties).map(([name, property]) => [name, open(property)]),
      ),
    }),
    ...(schema.items && { items: open(schema.items) }),
    ...(schema.anyOf && { anyOf: schema.anyOf.map(open) }),
  }
}
