import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser'
import { errors } from '../errors.ts'

const builder = new XMLBuilder({
  format: false,
  suppressEmptyNode: true,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
})
const lists = new Set(['Part', 'Object'])
const parser = new XMLParser({
  ignoreAttributes: true,
  removeNSPrefix: true,
  // Keys and digests are text, whatever they look like.
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
  isArray: name => lists.has(name),
})

/** An answer's XML: undefined is left out, an empty list is an empty element. */
export function buildXml(document: Record<string, unknown>): string {
  return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>${builder.build(prepare(document))}`
}

/** A request's XML as nested objects. Throws malformedXml; documents with a DTD are refused unread. */
export function parseXml(text: string): Record<string, unknown> {
  if (text.includes('<!DOCTYPE') || XMLValidator.validate(text) !== true) throw errors.malformedXml()
  try {
    return parser.parse(text) as Record<string, unknown>
  } catch {
    throw errors.malformedXml()
  }
}

function prepare(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(prepare)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined && inner !== null)
      .map(([name, inner]) => [name, Array.isArray(inner) && inner.length === 0 ? '' : prepare(inner)]),
  )
}
