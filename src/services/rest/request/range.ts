export interface Range {
  readonly offset: number
  readonly limit: number | undefined
}

/** Limit and offset of the query, narrowed by the Range header (`0-9`) and the server's own maximum. */
export function rangeOf(
  header: string | undefined,
  query: { limit: number | undefined; offset: number },
  maxRows: number | undefined,
): Range {
  const match = /^(?:items=)?(\d+)-(\d*)$/.exec(header ?? '')
  let offset = query.offset
  let limit = query.limit
  if (match) {
    const from = Number(match[1])
    const to = match[2] === '' ? undefined : Number(match[2])
    offset = Math.max(offset, from)
    if (to !== undefined) limit = Math.min(limit ?? Number.MAX_SAFE_INTEGER, Math.max(0, to - from + 1))
  }
  if (maxRows !== undefined) limit = Math.min(limit ?? maxRows, maxRows)
  return { offset, limit }
}

/** `0-9/57`, `*` before the slash when there are no rows; `*` for a total that was not asked for. */
export function contentRange(offset: number, rows: number, total: number | undefined): string {
  const span = rows === 0 ? '*' : `${offset}-${offset + rows - 1}`
  return `${span}/${total ?? '*'}`
}
