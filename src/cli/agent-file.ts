import { join, resolve } from 'node:path'
import type { CliContext } from './context.ts'

/** Where the file of that agent is: as --key-file says, or below the home. */
export function agentFileOf(
  context: CliContext,
  name: string,
  options: Readonly<Record<string, unknown>>,
): string {
  const given = options['keyFile']
  // A name becomes part of a path: only its own characters do.
  return typeof given === 'string'
    ? resolve(given)
    : join(context.home, 'agents', `${name.replace(/[^\w.-]/g, '_')}.json`)
}
