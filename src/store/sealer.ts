import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Sealer } from '#engine'
import { storeErrors } from './errors.ts'

/** First byte of a sealed value: how it was sealed. */
const form = 1
const nonceBytes = 12
const tagBytes = 16

/** AES-256-GCM; the context is authenticated with the value, so that a sealed value cannot stand in for another. */
export function createSealer(key: Uint8Array): Sealer {
  return {
    seal(plain, context) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context))
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.of(form), nonce, cipher.getAuthTag(), body])
    },
    open(sealed, context) {
      try {
        const bytes = Buffer.from(sealed)
        if (bytes[0] !== form) throw new Error('unknown form')
        const nonce = bytes.subarray(1, 1 + nonceBytes)
        const tag = bytes.subarray(1 + nonceBytes, 1 + nonceBytes + tagBytes)
        const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
          .setAAD(Buffer.from(context))
          .setAuthTag(tag)
        return (
          decipher.update(bytes.subarray(1 + nonceBytes + tagBytes), undefined, 'utf8') +
          decipher.final('utf8')
        )
      } catch {
        throw storeErrors.cannotOpen(context)
      }
    },
  }
}

/**
 * The key that opens stored secrets: `given` (HANGAR_KEY, 32 bytes in base64url) or the file, which is made once, before there is a state.
 * `stateExists`: a state without its key is an error, not a reason to make another key.
 */
export function loadKey(path: string, stateExists: boolean, given?: string): Uint8Array {
  if (given !== undefined && given !== '') return decode(given, 'HANGAR_KEY')
  if (existsSync(path)) return decode(readFileSync(path, 'utf8'), path)
  if (stateExists) throw storeErrors.keyMissing(path)
  const key = randomBytes(32)
  writeFileSync(path, `${key.toString('base64url')}\n`, { mode: 0o600, flag: 'wx', flush: true })
  return key
}

function decode(text: string, where: string): Uint8Array {
  const key = Buffer.from(text.trim(), 'base64url')
  if (key.length !== 32) throw storeErrors.keyInvalid(where)
  return key
}
