import { constants } from 'node:os'
import { engineErrors } from './errors.ts'

/** A signal's name from any form that clients send: `SIGTERM`, `TERM`, `15`, 15. */
export function signalName(signal: string | number): string {
  const text = String(signal).toUpperCase()
  const byNumber = Object.entries(constants.signals).find(([, number]) => String(number) === text)?.[0]
  const name = byNumber ?? (text.startsWith('SIG') ? text : `SIG${text}`)
  if (!(name in constants.signals))
    throw engineErrors.invalid(`"${signal}" is not a signal`, 'Use a name such as SIGTERM, or its number.')
  return name
}
