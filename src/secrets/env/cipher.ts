import { createDecipheriv, createECDH, ECDH, hkdfSync } from 'node:crypto'

/** How dotenvx marks an encrypted value. */
export const encryptedPrefix = 'encrypted:'

const curve = 'secp256k1'
/** One-time public key, nonce, tag; then what was encrypted. */
const sizes = { point: 65, nonce: 16, tag: 16 } as const

export function isEncrypted(value: string): boolean {
  return value.startsWith(encryptedPrefix)
}

/** Whether it can be an encrypted value at all: base64, and long enough for key, nonce and tag. */
export function isWellFormed(encrypted: string): boolean {
  const body = encrypted.slice(encryptedPrefix.length)
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(body)) return false
  const bytes = Buffer.from(body, 'base64')
  return bytes.length >= sizes.point + sizes.nonce + sizes.tag && bytes[0] === 4
}

/**
 * Opens a value that was encrypted as dotenvx does: ECIES over secp256k1, HKDF-SHA256, AES-256-GCM. Undefined when it was made for
 * another key or is damaged. `privateKey`: 64 hexadecimal digits. On Node's own curve: the library takes 5 ms for each value.
 */
export function decryptValue(privateKey: string, encrypted: string): string | undefined {
  const bytes = Buffer.from(encrypted.slice(encryptedPrefix.length), 'base64')
  const sender = bytes.subarray(0, sizes.point)
  const nonce = bytes.subarray(sizes.point, sizes.point + sizes.nonce)
  const tag = bytes.subarray(sizes.point + sizes.nonce, sizes.point + sizes.nonce + sizes.tag)
  const body = bytes.subarray(sizes.point + sizes.nonce + sizes.tag)
  const x = sharedX(privateKey, sender)
  if (!x) return undefined
  // Node gives the x of the shared point. Its y is one of two, and only the right one opens the value.
  for (const sign of [2, 3]) {
    const point = ECDH.convertKey(
      Buffer.concat([Buffer.of(sign), x]),
      curve,
      undefined,
      undefined,
      'uncompressed',
    )
    const key = Buffer.from(hkdfSync('sha256', Buffer.concat([sender, Buffer.from(point)]), '', '', 32))
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: sizes.tag }).setAuthTag(
        tag,
      )
      const plain = decipher.update(body)
      decipher.final()
      const text = plain.toString('utf8')
      plain.fill(0)
      return text
    } catch {
      // The other y, or no y at all.
    } finally {
      key.fill(0)
    }
  }
  return undefined
}

function sharedX(privateKey: string, sender: Uint8Array): Buffer | undefined {
  try {
    const exchange = createECDH(curve)
    exchange.setPrivateKey(privateKey, 'hex')
    return exchange.computeSecret(sender)
  } catch {
    return undefined
  }
}

/** In compressed form, hexadecimal; undefined when it is no private key. */
export function publicKeyOfPrivate(privateKey: string): string | undefined {
  if (!/^[0-9a-f]{64}$/i.test(privateKey)) return undefined
  try {
    const exchange = createECDH(curve)
    exchange.setPrivateKey(privateKey, 'hex')
    return exchange.getPublicKey('hex', 'compressed')
  } catch {
    return undefined
  }
}

export function newKeyPair(): { publicKey: string; privateKey: string } {
  const made = createECDH(curve)
  made.generateKeys()
  return {
    publicKey: made.getPublicKey('hex', 'compressed'),
    privateKey: made.getPrivateKey('hex').padStart(64, '0'),
  }
}

/** Encrypts for a public key in hexadecimal. Throws when that is no point of the curve. The library is loaded with the first value. */
export async function encryptValue(publicKey: string, plain: string): Promise<string> {
  const { encrypt } = await import('eciesjs')
  const bytes = Buffer.from(plain, 'utf8')
  try {
    return encryptedPrefix + Buffer.from(encrypt(publicKey, bytes)).toString('base64')
  } finally {
    bytes.fill(0)
  }
}
