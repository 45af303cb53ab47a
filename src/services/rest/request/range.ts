/** Rows from `offset` on; `last` is the last of them, undefined: all that follow. */
export interface Range {
  readonly offset: number
  readonly last: number | undefined
}

export const allRows: Range = { offset: 0, last: undefined }
/** What `limit=0` asks for. */
export const noRows: Range = { offset: 0, last: -1 }

export function isEmpty({ offset, last }: Range): boolean {
  return last !== undefined && last < offset
}

export function isAllRows({ offset, last }: Range): boolean {
  return offset === 0 && last === undefined
}

/** undefined: no limit. */
export function limitOf({ offset, last }: Range): number | undefined {
  return last === undefined ? undefined : last - offset + 1
}

export function intersection(one: Range, other: Range): Range {
  const offset = Math.max(one.offset, other.offset)
  if (one.last === undefined) return { offset, last: other.last }
  return { offset, last: other.last === undefined ? one.last : Math.min(one.last, other.last) }
}

/** At most so many rows; what asks for none stays so. */
export function restricted(range: Range, most: number | undefined): Range {
  if (most === undefined || range.last === -1) return range
  return intersection(range, { offset: 0, last: range.offset + most - 1 })
}

/** `limit` and `offset` as they stand in the address; what is no number counts as not said. */
export function readRange(limit: string | undefined, offset: string | undefined): Range {
  const from = numberIn(offset) ?? 0
  const most = numberIn(limit)
  if (offset === undefined) return { offset: 0, last: most === undefined ? undefined : most - 1 }
  if (limit === undefined) return { offset: from, last: undefined }
  return { offset: from, last: from + (most ?? 0) - 1 }
}

function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*-?\d+\s*$/.test(text) ? wholeNumber(text.trim()) : undefined
}

const largestBigint = 2 ** 63 - 1024

/** Always finite. PostgreSQL's largest number must not become one that is too large for it. */
function wholeNumber(digits: string): number {
  const number = Number(digits)
  if (number === 2 ** 63 && BigInt(digits) < 2n ** 63n) return largestBigint
  return Math.max(-1e300, Math.min(1e300, number))
}

/** The header `Range: 0-9`. */
export function readRangeHeader(text: string | undefined): Range {
  const found = /^(\d+)-(\d*)$/.exec(text ?? '')
  if (!found) return allRows
  return { offset: wholeNumber(found[1] ?? ''), last: found[2] ? wholeNumber(found[2]) : undefined }
}
