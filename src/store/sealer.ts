import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { Sealer } from '#engine'
import { storeErrors } from './errors.ts'

/** First byte of a sealed value: how it was sealed. 1: no key id, from before keys could be changed. 2: the key's id follows. */
const forms = { withoutKeyId: 1, withKeyId: 2 } as const
const keyIdBytes = 4
const nonceBytes = 12
const tagBytes = 16

/** Keys of the stored secrets. The first seals; all of them open, so that a change of keys can be broken off anywhere. */
export type Keys = readonly [Uint8Array, ...Uint8Array[]]

/** AES-256-GCM; the context is authenticated with the value, so that a sealed value cannot stand in for another. */
export function createSealer(keys: Uint8Array | Keys): Sealer {
  const all = keys instanceof Uint8Array ? ([keys] as const) : keys
  const [first] = all
  const byId = new Map(all.map(key => [keyId(key), key]))
  const firstId = Buffer.from(keyId(first), 'hex')

  return {
    seal(plain, context) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', first, nonce).setAAD(Buffer.from(context))
      const bytes = Buffer.from(plain, 'utf8')
      const body = Buffer.concat([cipher.update(bytes), cipher.final()])
      bytes.fill(0)
      return Buffer.concat([Buffer.of(forms.withKeyId), firstId, nonce, cipher.getAuthTag(), body])
    },
    open(sealed, context) {
      const bytes = Buffer.from(sealed)
      const form = bytes[0]
      const id = bytes.subarray(1, 1 + keyIdBytes).toString('hex')
      const fitting = form === forms.withKeyId ? byId.get(id) : undefined
      const candidates = form === forms.withoutKeyId ? all : fitting ? [fitting] : []
      const start = form === forms.withKeyId ? 1 + keyIdBytes : 1
      for (const key of candidates) {
        const plain = openWith(key, bytes.subarray(start), context)
        if (plain !== undefined) return plain
      }
      throw storeErrors.cannotOpen(context)
    },
  }
}

/** Whether that value was sealed with the first of the keys. */
export function isSealedWith(key: Uint8Array, sealed: Uint8Array): boolean {
  const bytes = Buffer.from(sealed)
  return bytes[0] === forms.withKeyId && bytes.subarray(1, 1 + keyIdBytes).toString('hex') === keyId(key)
}

function openWith(key: Uint8Array, bytes: Buffer, context: string): string | undefined {
  try {
    const nonce = bytes.subarray(0, nonceBytes)
    const tag = bytes.subarray(nonceBytes, nonceBytes + tagBytes)
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
      .setAAD(Buffer.from(context))
      .setAuthTag(tag)
    const opened = decipher.update(bytes.subarray(nonceBytes + tagBytes))
    try {
      decipher.final()
      return opened.toString('utf8')
    } finally {
      // What a string keeps cannot be wiped; the bytes can.
      opened.fill(0)
    }
  } catch {
    return undefined
  }
}

/** Tells keys apart and gives nothing of them away. */
function keyId(key: Uint8Array): string {
  return createHash('sha256')
    .update('hangar state key\0')
    .update(key)
    .digest('hex')
    .slice(0, keyIdBytes * 2)
}
