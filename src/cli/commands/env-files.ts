import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { layerFiles } from '#secrets'
import type { CommandCall } from '../context.ts'

/** Env files that a command was told to use: those of -f in order (the first wins, as with dotenvx), otherwise the layers of this folder (the last wins). */
export function chosenFiles({ options }: CommandCall): {
  files: string[]
  winner: 'first' | 'last'
  optional: boolean
  keysFile: string | undefined
} {
  const keysFile = options['envKeysFile'] === undefined ? undefined : resolve(String(options['envKeysFile']))
  const given = [options['file'] ?? []].flat().map(file => resolve(String(file)))
  if (given.length > 0)
    return {
      files: given,
      winner: options['overload'] === true ? 'last' : 'first',
      optional: false,
      keysFile,
    }
  const directory = process.cwd()
  return {
    files: layerFiles(directory, {
      environment: options['environment'] === undefined ? undefined : String(options['environment']),
      infra: options['infra'] === true,
    }),
    winner: 'last',
    optional: true,
    keysFile,
  }
}

/** Where a new value goes when no file is named: the encrypted local file when there is one, otherwise `.env.local`. */
export function fileForNewValue({ options }: CommandCall): string {
  if (options['file'] !== undefined) return resolve(String([options['file']].flat().at(-1)))
  const infra = join(process.cwd(), '.env.infra.local')
  return existsSync(infra) ? infra : join(process.cwd(), '.env.local')
}
