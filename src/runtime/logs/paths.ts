import { join } from 'node:path'

/** Where a machine's output goes, in its own folder: it goes when the machine goes. */
export function logPath(machineDirectory: string): string {
  return join(machineDirectory, 'machine.log')
}

/** The part that was rotated away. */
export function oldLogPath(path: string): string {
  return `${path}.1`
}
