import { isUtf8 } from 'node:buffer'
import type { WireRequest } from '#wire'
import { restErrors } from '../errors.ts'
import { parseCsv } from './csv.ts'
import { readParameters } from './parameters.ts'

/** A body that was sent for a change or a call. */
export type Payload =
  /** JSON: the body's own text where it was JSON, so that numbers keep every digit. */
  | { readonly kind: 'json'; readonly text: string; readonly keys: ReadonlySet<string> }
  /** Fields of a form, for a function. */
  | {
      readonly kind: 'form'
      readonly fields: readonly (readonly [string, string])[]
      readonly keys: ReadonlySet<string>
    }
  /** Not looked into: the only argument of a function. */
  | { readonly kind: 'raw'; readonly bytes: Buffer; readonly keys: ReadonlySet<string> }

/** JSON whose rows are written, and whether it is one object: then it is one row. */
export interface JsonBody {
  readonly text: string
  readonly isObject: boolean
}

export function jsonBody(text: string): JsonBody {
  return { text, isObject: /^[ \t\r\n]*\{/.test(text) }
}

const mostBytes = 100 * 1024 * 1024

/** All of a body. Rejects with PGRST102 when it is larger than 100 MiB. */
export function readBody(request: WireRequest): Promise<Buffer> {
  return request.all(mostBytes, () => restErrors.bodyTooLarge(mostBytes))
}

export interface BodyRules {
  /** Content type without its parameters. */
  readonly type: string
  readonly forFunction: boolean
  /** The parameter `columns`: with it, the body is not read here at all. */
  readonly columns: ReadonlySet<string> | undefined
}

const none: ReadonlySet<string> = new Set()

/** Throws PGRST102. */
export function readPayload(body: Buffer, { type, forFunction, columns }: BodyRules): Payload {
  switch (type) {
    case 'application/json':
      return columns ? { kind: 'json', text: body.toString(), keys: columns } : jsonPayload(body, forFunction)
    case 'text/csv': {
      const rows = parseCsv(body.toString())
      return { kind: 'json', text: JSON.stringify(rows), keys: new Set(Object.keys(rows[0] ?? {})) }
    }
    case 'application/x-www-form-urlencoded': {
      const fields = readParameters(body.toString()).map(([name, text]) => [name, text ?? ''] as const)
      const keys = new Set(fields.map(([name]) => name))
      if (forFunction) return { kind: 'form', fields, keys }
      return { kind: 'json', text: JSON.stringify(Object.fromEntries(fields)), keys }
    }
    case 'text/plain':
    case 'text/xml':
    case 'application/octet-stream':
      if (forFunction) return { kind: 'raw', bytes: body, keys: none }
  }
  throw restErrors.body(`Content-Type not acceptable: ${type}`)
}

function jsonPayload(body: Buffer, forFunction: boolean): Payload {
  const text = body.toString()
  if (body.length === 0 && forFunction) return { kind: 'json', text, keys: none }
  const parsed = isUtf8(body) ? parseJson(text) : unreadable()
  if (!Array.isArray(parsed)) {
    if (!isObject(parsed)) return { kind: 'json', text: '[]', keys: none }
    return { kind: 'json', text, keys: new Set(Object.keys(parsed)) }
  }
  if (parsed.length === 0) return { kind: 'json', text: '[]', keys: none }
  const [first] = parsed
  const keys = isObject(first) ? new Set(Object.keys(first)) : undefined
  if (!keys || !parsed.every(one => isObject(one) && hasKeys(one, keys)))
    throw restErrors.body('All object keys must match')
  return { kind: 'json', text, keys }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return unreadable()
  }
}

function unreadable(): never {
  throw restErrors.body('Empty or invalid json')
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function hasKeys(row: Readonly<Record<string, unknown>>, keys: ReadonlySet<string>): boolean {
  const own = Object.keys(row)
  return own.length === keys.size && own.every(key => keys.has(key))
}
