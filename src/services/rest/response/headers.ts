import { restErrors } from '../errors.ts'
import type { Preferences } from '../request/preferences.ts'
import type { Outcome } from '../sql/statement.ts'

/** `0-9/57`; `*` before the slash when there are no rows, after it when the total was not asked for. */
export function contentRange(offset: number, rows: number, total: number | undefined): string {
  return `${rows === 0 ? '*' : `${offset}-${offset + rows - 1}`}/${total ?? '*'}`
}

/** What a function put into response.status. Throws PGRST112. */
export function chosenStatus({ status }: Outcome): number | undefined {
  if (status === null) return undefined
  if (!/^[1-5]\d\d$/.test(status)) throw restErrors.responseStatus()
  return Number(status)
}

/** What a function put into response.headers: a list of objects with one header each. Throws PGRST111. */
export function chosenHeaders({ headers }: Outcome): Record<string, string | string[]> {
  const found: Record<string, string | string[]> = {}
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
    if (pairs.length !== 1 || name === undefined || typeof text !== 'string')
      throw restErrors.responseHeaders()
    const key = name.toLowerCase()
    const before = found[key]
    found[key] = before === undefined ? text : [before, text].flat()
  }
  return found
}

/** `/table?id=eq.1` of the row that was made. */
export function locationOf(table: string, json: string): string {
  const pairs = Object.entries(JSON.parse(json) as Record<string, unknown>)
  const filters = pairs.map(([column, one]) =>
    one === null
      ? `${encodeURIComponent(column)}=is.null`
      : `${encodeURIComponent(column)}=eq.${encodeURIComponent(String(one))}`,
  )
  return `/${encodeURIComponent(table)}?${filters.join('&')}`
}

type Applicable = 'resolution' | 'missing' | 'return' | 'count' | 'tx' | 'params'

/** Preference-Applied: of what was asked for, that which this kind of request heeds. */
export function appliedPreferences(
  { resolution, missing, representation, count, tx, params, handling, timezone, maxAffected }: Preferences,
  heeded: readonly Applicable[],
): Record<string, string> {
  const said: readonly (readonly [string, string | number | undefined])[] = [
    ['resolution', heeded.includes('resolution') ? resolution : undefined],
    ['missing', heeded.includes('missing') ? missing : undefined],
    ['return', heeded.includes('return') ? representation : undefined],
    ['count', heeded.includes('count') ? count : undefined],
    ['tx', heeded.includes('tx') ? tx : undefined],
    ['params', heeded.includes('params') ? params : undefined],
    ['handling', handling],
    ['timezone', timezone],
    ['max-affected', handling === 'strict' ? maxAffected : undefined],
  ]
  const list = said.flatMap(([name, text]) => (text === undefined ? [] : [`${name}=${text}`]))
  return list.length === 0 ? {} : { 'preference-applied': list.join(', ') }
}
