import type { FastifyReply } from '#http'
import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import type { Identity } from './identity.ts'

/** A request of the S3 protocol whose signer is known. */
export interface S3Call {
  readonly call: Call
  readonly identity: Identity
  readonly reply: FastifyReply
  /** Empty when the request is about no bucket, or no object. */
  readonly bucket: string
  readonly key: string
  readonly query: URLSearchParams
}

/** What an operation answers: headers, and a document that becomes XML, or nothing. */
export interface S3Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly document?: Record<string, unknown>
}

export type S3Operation = (s3: S3Call) => Promise<S3Answer | FastifyReply>

export function header({ call }: S3Call, name: string): string | undefined {
  const value = call.request.headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** A whole number in the query, within bounds. Throws invalidParameter. */
export function wholeNumber(
  { query }: S3Call,
  name: string,
  bounds: { min: number; max: number },
): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  const value = Number(text)
  if (!/^\d{1,10}$/.test(text) || value < bounds.min || value > bounds.max)
    throw errors.invalidParameter(name)
  return value
}

/** User metadata in `x-amz-meta-…` headers; undefined when there is none. */
export function userMetadataOf(
  headers: Readonly<Record<string, unknown>>,
): Record<string, string> | undefined {
  const found = Object.entries(headers).filter(
    (entry): entry is [string, string] => entry[0].startsWith('x-amz-meta-') && typeof entry[1] === 'string',
  )
  if (found.length === 0) return undefined
  return Object.fromEntries(found.map(([name, value]) => [name.slice('x-amz-meta-'.length), value]))
}

/** The same, the other way round. What a header cannot say is counted in `x-amz-missing-meta`. */
export function metadataHeaders(metadata: Readonly<Record<string, unknown>> | null): Record<string, string> {
  const headers: Record<string, string> = {}
  let missing = 0
  for (const [name, value] of Object.entries(metadata ?? {})) {
    const sayable =
      typeof value === 'string' && /^[\t\x20-\x7e]*$/.test(value) && /^[\w!#$%&'*+.^`|~-]+$/.test(name)
    if (sayable) headers[`x-amz-meta-${name.toLowerCase()}`] = value
    else missing++
  }
  if (missing > 0) headers['x-amz-missing-meta'] = String(missing)
  return headers
}
