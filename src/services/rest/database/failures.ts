import { codeOf, messageOf } from '#kernel'

/** The server is not there yet, or is starting: worth another try. */
export function isNotUp(error: unknown): boolean {
  return ['ECONNREFUSED', 'ENOENT', '57P03', '53300'].includes(codeOf(error) ?? '') || isLost(error)
}

/** The connection is gone. What fails as an ERROR leaves it: functions may raise any code and any text. */
export function isLost(error: unknown): boolean {
  if ((error as { readonly severity?: unknown } | undefined)?.severity === 'ERROR') return false
  return (
    ['ECONNRESET', 'EPIPE', '57P01', '57P02'].includes(codeOf(error) ?? '') ||
    /Connection terminated|not queryable|Client was closed/.test(messageOf(error))
  )
}

/** The connection is gone, and it is certain that nothing of the transaction was committed. */
export function isLostBefore(error: unknown): boolean {
  return isLost(error) && ['57P01', '57P02'].includes(codeOf(error) ?? '')
}
