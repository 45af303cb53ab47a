import { restErrors } from '../errors.ts'
import { encode } from '../request/parameters.ts'
import type { Range } from '../request/range.ts'
import type { Outcome } from '../sql/statement.ts'

/** `0-9/57`; `*` before the slash when there are no rows, after it when the total is not known. */
export function contentRange(first: number, last: number, total: number | undefined): string {
  return `${total !== 0 && first <= last ? `${first}-${last}` : '*'}/${total ?? '*'}`
}

/** Status and Content-Range of rows. */
export function rangeAnswer({ offset }: Range, rows: number, total: number | undefined) {
  const last = offset + rows - 1
  const status = total === undefined ? 200 : offset > total ? 416 : rows < total ? 206 : 200
  return { status, range: contentRange(offset, last, total) }
}

/** What a function put into response.status. Throws PGRST112. */
export function chosenStatus({ status }: Outcome): number | undefined {
  if (status === null) return undefined
  const number = Number(/^\d+/.exec(status)?.[0])
  if (!isFinalStatus(number)) throw restErrors.responseStatus()
  return number
}

/** Below 200, another answer would have to follow; beyond 999, there is none. */
export function isFinalStatus(number: unknown): number is number {
  return Number.isInteger(number) && (number as number) >= 200 && (number as number) <= 999
}

/** What a function put into response.headers: a list of objects with one header each. Throws PGRST111. */
export function chosenHeaders({ headers }: Outcome): Record<string, string | string[]> {
  const found: Record<string, string | string[]> = Object.create(null)
  if (headers === null) return found
  let list: unknown
  try {
    list = JSON.parse(headers)
  } catch {
    throw restErrors.responseHeaders()
  }
  if (!Array.isArray(list)) throw restErrors.responseHeaders()
  for (const entry of list) {
    const pairs = typeof entry === 'object' && entry !== null ? Object.entries(entry as object) : []
    const [name, text] = pairs[0] ?? []
    if (pairs.length !== 1 || name === undefined || typeof text !== 'string' || !isHeaderName(name))
      throw restErrors.responseHeaders()
    const key = name.toLowerCase()
    const before = found[key]
    found[key] = before === undefined ? text : [before, text].flat()
  }
  return found
}

/** Any other would end the headers, or be one of its own. */
export function isHeaderName(name: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)
}

/** `/table?id=eq.1` of the row that was made, from its key as pairs in JSON; undefined without one. */
export function locationOf(table: string, json: string | null): string | undefined {
  if (json === null) return undefined
  const pairs = JSON.parse(json) as readonly (readonly [string, string])[]
  if (pairs.length === 0) return undefined
  return `/${table}?${pairs.map(([column, filter]) => `${encode(column)}=${encode(filter)}`).join('&')}`
}
