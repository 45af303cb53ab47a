import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const periodSeconds = 30
const digits = 6

/** A key as authenticator apps take it: 20 bytes in base32. */
export function newTotpSecret(): string {
  // 32 letters of five bits each; a random byte's low five bits are as random as the byte.
  return Array.from(randomBytes(32), byte => alphabet[byte & 31]).join('')
}

/** The address in the QR code. */
export function totpUri(issuer: string, account: string, secret: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`
  const query = new URLSearchParams({
    algorithm: 'SHA1',
    digits: String(digits),
    issuer,
    period: String(periodSeconds),
    secret,
  })
  return `otpauth://totp/${label}?${query.toString().replaceAll('+', '%20')}`
}

/** RFC 6238 with SHA-1; the codes before and after hold as well, for clocks that differ. */
export function totpMatches(secret: string, code: string, nowMs: number): boolean {
  const shown = Buffer.from(code)
  const counter = Math.floor(nowMs / 1000 / periodSeconds)
  let matches = false
  for (const step of [-1, 0, 1]) {
    const expected = Buffer.from(codeAt(secret, counter + step))
    if (shown.length === expected.length && timingSafeEqual(shown, expected)) matches = true
  }
  return matches
}

export function codeAt(secret: string, counter: number): string {
  const message = Buffer.alloc(8)
  message.writeBigUInt64BE(BigInt(counter))
  const digest = createHmac('sha1', decode(secret)).update(message).digest()
  const offset = (digest.at(-1) ?? 0) & 15
  const number = digest.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** digits).padStart(digits, '0')
}

function decode(text: string): Buffer {
  const bytes: number[] = []
  let bits = 0
  let value = 0
  for (const letter of text.replace(/=+$/, '').toUpperCase()) {
    value = ((value << 5) | Math.max(0, alphabet.indexOf(letter))) & 0xffff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes.push((value >> bits) & 255)
    }
  }
  return Buffer.from(bytes)
}
