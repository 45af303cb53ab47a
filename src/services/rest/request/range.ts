import { restErrors } from '../errors.ts'

export interface Range {
  readonly offset: number
  readonly limit: number | undefined
}

/** Limit and offset of the query, narrowed by the Range header (`0-9`) and the server's own maximum. */
export function rangeOf(header: string | undefined, query: Range, maxRows: number | undefined): Range {
  const match = /^(?:items=)?(\d+)-(\d*)$/.exec(header ?? '')
  let { offset, limit } = query
  if (match) {
    const from = Number(match[1])
    const to = match[2] === '' ? undefined : Number(match[2])
    if (to !== undefined && from > to)
      throw restErrors.range(
        'The lower boundary must be lower than or equal to the upper boundary in the Range header.',
      )
    const end = limit === undefined ? undefined : offset + limit
    offset = Math.max(offset, from)
    const last = to === undefined ? end : Math.min(end ?? Number.MAX_SAFE_INTEGER, to + 1)
    limit = last === undefined ? undefined : Math.max(0, last - offset)
  }
  if (maxRows !== undefined) limit = Math.min(limit ?? maxRows, maxRows)
  return { offset, limit }
}
