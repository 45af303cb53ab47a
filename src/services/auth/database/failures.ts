import { codeOf, HangarError } from '#kernel'
import { errors } from '../errors.ts'

/** A refusal of PostgreSQL in our words: a value that no column can hold is the client's fault, all else a database error. */
export function fromPostgres(error: unknown, doing: string): HangarError {
  if (error instanceof HangarError) return error
  switch (codeOf(error)) {
    // Characters that are none: NUL in text, NUL or half a pair in JSON.
    case '22021':
    case '22P02':
    case '22P05':
      return errors.validation('The request holds characters that cannot be stored')
    case '22001':
      return errors.validation('The request holds a text that is too long')
    // Numbers beyond what a page can have, JSON deeper than the stack.
    case '22003':
    case '2201X':
    case '54001':
      return errors.validation('The request holds a value that is too large')
    default:
      return errors.database(doing, error)
  }
}

/** Our tables are not there (any more): the database was replaced under a running service. */
export function isSchemaGone(error: unknown): boolean {
  const cause = error instanceof HangarError ? error.cause : error
  if (!['42P01', '3F000'].includes(codeOf(cause) ?? '')) return false
  return /\bauth\b/.test((cause as Error).message)
}
