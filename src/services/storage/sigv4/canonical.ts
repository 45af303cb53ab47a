import { createHash } from 'node:crypto'

// The canonical form of a request in AWS Signature Version 4, and what is signed of it.

export const unsignedPayload = 'UNSIGNED-PAYLOAD'
export const emptyDigest = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

export interface CanonicalParts {
  readonly method: string
  /** Path as it is sent, percent-encoded. */
  readonly path: string
  /** Decoded names and values. */
  readonly query: readonly (readonly [string, string])[]
  /** Name in lower case → value, those that are signed. */
  readonly headers: readonly (readonly [string, string])[]
  /** Names as the signer lists them. */
  readonly signedHeaders: string
  /** Digest of the payload, or one of the words that stand for it. */
  readonly payload: string
}

export function canonicalRequest(parts: CanonicalParts): string {
  const query = parts.query
    .map(([name, value]) => [encodeStrictly(name), encodeStrictly(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? compare(x, y) : compare(a, b)))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
  const headers = parts.headers
    .map(([name, value]) => `${name}:${value.trim().replace(/ +/g, ' ')}\n`)
    .join('')
  return [parts.method, parts.path, query, headers, parts.signedHeaders, parts.payload].join('\n')
}

/** What the signature is made over. */
export function stringToSign(date: string, scope: string, canonical: string): string {
  return ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')
}

/** Percent-encoding of RFC 3986: everything but letters, digits, `-`, `.`, `_` and `~`. */
export function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** The path in its one canonical spelling. A path that cannot be decoded stays as it is. */
export function canonicalPath(path: string): string {
  try {
    return path
      .split('/')
      .map(segment => encodeStrictly(decodeURIComponent(segment)))
      .join('/')
  } catch {
    return path
  }
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
