import { codeOf } from '#kernel'
import { errors } from '../errors.ts'

/** What the disk or the connection refused, as an error of the storage API. */
export function asStorageFailure(thrown: unknown): unknown {
  const code = codeOf(thrown)
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') return errors.diskFull(thrown)
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') return errors.aborted()
  return thrown
}
