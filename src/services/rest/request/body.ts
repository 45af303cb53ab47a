import type { IncomingMessage } from 'node:http'
import { restErrors } from '../errors.ts'

/** The whole body as text. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** Rows of a JSON, CSV or form body. */
export function parseRows(
  text: string,
  contentType: string,
): { rows: Record<string, unknown>[]; isArray: boolean; json: string } {
  const type = contentType.split(';')[0]?.trim().toLowerCase() || 'application/json'
  if (type === 'text/csv') {
    const rows = parseCsv(text)
    return { rows, isArray: true, json: JSON.stringify(rows) }
  }
  if (type === 'application/x-www-form-urlencoded') {
    const row = Object.fromEntries(new URLSearchParams(text))
    return { rows: [row], isArray: false, json: JSON.stringify(row) }
  }
  const value = parseJson(text)
  const rows = Array.isArray(value) ? value : [value]
  if (rows.some(row => typeof row !== 'object' || row === null || Array.isArray(row)))
    throw restErrors.badBody('All object keys must match')
  // The text goes to PostgreSQL as it came: numbers keep every digit.
  return { rows: rows as Record<string, unknown>[], isArray: Array.isArray(value), json: text }
}

export function parseJson(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    throw restErrors.badBody('Empty or invalid json')
  }
}

function parseCsv(text: string): Record<string, unknown>[] {
  const lines = [...csvLines(text)]
  const head = lines.shift() ?? []
  return lines.map(line => {
    if (line.length !== head.length) throw restErrors.badBody('All lines must have same number of fields')
    return Object.fromEntries(head.map((name, index) => [name, line[index] === 'NULL' ? null : line[index]]))
  })
}

function* csvLines(text: string): Iterable<string[]> {
  const form = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/gy
  let line: string[] = []
  while (form.lastIndex < text.length) {
    const found = form.exec(text)
    if (!found) throw restErrors.badBody('The CSV is malformed')
    line.push(found[1] === undefined ? (found[2] ?? '') : found[1].replaceAll('""', '"'))
    if (found[3] === ',') continue
    yield line
    line = []
  }
  if (line.length > 0) yield line
}
