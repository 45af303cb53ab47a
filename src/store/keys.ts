import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { writeFileAtomic } from '#kernel'
import { storeErrors } from './errors.ts'
import type { Keys } from './sealer.ts'

/**
 * The keys that open stored secrets: `given` (HANGAR_KEY) or the file, which is made once, before there is a state. One key per line
 * (in HANGAR_KEY: with commas between), 32 bytes in base64url; the first seals.
 * `stateExists`: a state without its key is an error, not a reason to make another key.
 */
export function loadKeys(path: string, stateExists: boolean, given?: string): Keys {
  if (given !== undefined && given !== '') return decode(given.split(','), 'HANGAR_KEY')
  if (existsSync(path)) return decode(readFileSync(path, 'utf8').trim().split(/\s+/), path)
  if (stateExists) throw storeErrors.keyMissing(path)
  const key = randomBytes(32)
  writeFileSync(path, text([key]), { mode: 0o600, flag: 'wx', flush: true })
  return [key]
}

/** Replaces the key file whole. */
export function saveKeys(path: string, keys: Keys): Promise<void> {
  return writeFileAtomic(path, text(keys), { mode: 0o600 })
}

function text(keys: readonly Uint8Array[]): string {
  return keys.map(key => `${Buffer.from(key).toString('base64url')}\n`).join('')
}

function decode(lines: readonly string[], where: string): Keys {
  const keys = lines.map(line => Buffer.from(line.trim(), 'base64url'))
  const [first, ...others] = keys
  if (!first || keys.some(key => key.length !== 32)) throw storeErrors.keyInvalid(where)
  return [first, ...others]
}
