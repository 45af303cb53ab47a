import type { PrivateKey } from 'eciesjs'

/** How dotenvx marks an encrypted value. */
export const encryptedPrefix = 'encrypted:'

export function isEncrypted(value: string): boolean {
  return value.startsWith(encryptedPrefix)
}

/** ECIES over secp256k1, as dotenvx encrypts: `encrypted:` and base64 of (one-time public key, nonce, tag, AES-256-GCM). */
export interface Cipher {
  /** `publicKey`: hexadecimal. Throws when it is no point of the curve. */
  encrypt(publicKey: string, plain: string): string
  /** Undefined when it was made for another key or is damaged. `privateKey`: 64 hexadecimal digits. */
  decrypt(privateKey: string, encrypted: string): string | undefined
  /** Undefined when it is no private key. */
  publicKeyOf(privateKey: string): string | undefined
  newKeys(): { publicKey: string; privateKey: string }
}

let loaded: Promise<Cipher> | undefined

/** Loaded with the first encrypted value: plain files do without. */
export function loadCipher(): Promise<Cipher> {
  loaded ??= import('eciesjs').then(({ encrypt, decrypt, PrivateKey }) => ({
    encrypt(publicKey, plain) {
      const bytes = Buffer.from(plain, 'utf8')
      const sealed = Buffer.from(encrypt(publicKey, bytes)).toString('base64')
      bytes.fill(0)
      return encryptedPrefix + sealed
    },
    decrypt(privateKey, encrypted) {
      const key = Buffer.from(privateKey, 'hex')
      try {
        const bytes = Buffer.from(
          decrypt(key, Buffer.from(encrypted.slice(encryptedPrefix.length), 'base64')),
        )
        const plain = bytes.toString('utf8')
        bytes.fill(0)
        return plain
      } catch {
        return undefined
      } finally {
        key.fill(0)
      }
    },
    publicKeyOf: privateKey => keyOf(PrivateKey, privateKey)?.publicKey.toHex(),
    newKeys() {
      const key = new PrivateKey()
      return { publicKey: key.publicKey.toHex(), privateKey: key.toHex().replace(/^0x/, '') }
    },
  }))
  return loaded
}

/** Whether it can be an encrypted value at all: canonical base64, and long enough for key, nonce and tag. */
export function isWellFormed(encrypted: string): boolean {
  const body = encrypted.slice(encryptedPrefix.length)
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(body)) return false
  const bytes = Buffer.from(body, 'base64')
  return bytes.length >= 65 + 16 + 16 && bytes[0] === 4
}

function keyOf(kind: typeof PrivateKey, privateKey: string): PrivateKey | undefined {
  if (!/^[0-9a-f]{64}$/i.test(privateKey)) return undefined
  try {
    return kind.fromHex(privateKey)
  } catch {
    return undefined
  }
}
