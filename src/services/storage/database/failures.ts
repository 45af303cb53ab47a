import { codeOf, HangarError, messageOf } from '#kernel'
import { errors } from '../errors.ts'

/** What PostgreSQL refused, in the words of the storage API. */
export function fromPostgres(thrown: unknown): unknown {
  if (thrown instanceof HangarError) return thrown
  const code = codeOf(thrown)
  if (code === undefined) {
    return /Connection terminated|not queryable/.test(messageOf(thrown))
      ? errors.databaseTimeout(thrown)
      : thrown
  }
  switch (code) {
    case '42501': {
      const message = messageOf(thrown)
      return errors.accessDenied(
        message.includes('row-level security') ? 'new row violates row-level security policy' : message,
        thrown,
      )
    }
    case '23505':
      return errors.resourceExists(thrown)
    case '23503':
      return errors.relatedMissing(thrown)
    case '55P03':
      return errors.locked(thrown)
    case '57014':
      return errors.databaseTimeout(thrown)
    case '25006':
      return errors.databaseReadOnly(thrown)
    case '42P17':
      return errors.policyLoop(thrown)
    case '22P02':
      return errors.invalidParameter('value', messageOf(thrown))
    // What PostgreSQL cannot hold: a NUL, a number that is too large.
    case '22021':
    case '22P05':
      return errors.invalidParameter('value', 'The request holds a character that cannot be stored')
    case '22003':
      return errors.invalidParameter('value', 'A number in the request is too large')
    case '42703':
    case '42P01':
      return errors.schemaMismatch(thrown)
    case '57P01':
    case '57P03':
    case 'ECONNRESET':
    case 'EPIPE':
      return errors.databaseTimeout(thrown)
    default:
      return errors.database(code, thrown)
  }
}
