import type { IncomingMessage } from 'node:http'
import { restErrors } from '../errors.ts'
import { parseCsv } from './csv.ts'

/** A body as it is written to a table. */
export interface Payload {
  /** JSON: the body's own text where it was JSON, so that numbers keep every digit. */
  readonly json: string
  readonly isArray: boolean
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
}

/** Rows of a JSON, CSV or form body. Throws PGRST102. */
export function parsePayload(body: Buffer, contentType: string): Payload {
  switch (contentType) {
    case 'text/csv': {
      const rows = parseCsv(body.toString())
      return { rows, isArray: true, json: JSON.stringify(rows) }
    }
    case 'application/x-www-form-urlencoded': {
      const row = Object.fromEntries(new URLSearchParams(body.toString()))
      return { rows: [row], isArray: false, json: JSON.stringify(row) }
    }
    case 'application/json':
    case 'application/vnd.pgrst.object+json':
    case 'application/vnd.pgrst.array+json':
      return jsonPayload(body.toString())
    default:
      throw restErrors.body(`Content-Type not acceptable: ${contentType}`)
  }
}

function jsonPayload(text: string): Payload {
  if (text.trim() === '') throw restErrors.body('Empty or invalid json')
  const parsed = parseJson(text)
  const rows = Array.isArray(parsed) ? parsed : [parsed]
  if (rows.some(row => typeof row !== 'object' || row === null || Array.isArray(row)))
    throw restErrors.body('All object keys must match')
  return { rows, isArray: Array.isArray(parsed), json: text }
}

/** An empty body counts as an empty object. */
export function parseJson(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    throw restErrors.body('Empty or invalid json')
  }
}
