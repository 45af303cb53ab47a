import { compactVerify, decodeProtectedHeader, errors, importJWK, type JWK } from 'jose'
import { restErrors } from '../errors.ts'

/** Gives the payload of a token that one of the keys signed. Throws PGRST301. */
export type VerifySignature = (token: string) => Promise<Uint8Array>

const hashed: ReadonlySet<string> = new Set(['HS256', 'HS384', 'HS512'])
const signed: ReadonlySet<string> = new Set(
  'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES256K ES384 ES512 EdDSA Ed25519'.split(' '),
)

/** `secret`: bytes that are shared, or a JWK or JWKS as JSON. Of several keys each is tried, whatever key the token names. */
export function signatureVerifier(secret: Buffer): VerifySignature {
  const keys = keysOf(secret)
  const imported = new Map<string, Promise<Awaited<ReturnType<typeof importJWK>>>>()

  const keyFor = (key: JWK, index: number, algorithm: string) => {
    const name = `${index} ${algorithm}`
    const found = imported.get(name) ?? importJWK(key, algorithm)
    imported.set(name, found)
    return found
  }

  return async token => {
    const parts = token.split('.').length
    if (parts !== 3)
      throw refused(`(CompactDecodeError Invalid number of parts: Expected 3 parts; got ${parts})`)
    const algorithm = algorithmOf(token)
    if (!hashed.has(algorithm) && !signed.has(algorithm)) throw refused('JWSNoSignatures')
    for (const [index, key] of keys.entries()) {
      if ((key.kty === 'oct') !== hashed.has(algorithm)) continue
      if (key.alg !== undefined && key.alg !== algorithm) continue
      try {
        const { payload } = await compactVerify(token, await keyFor(key, index, algorithm))
        return payload
      } catch {
        // Another key may be the one.
      }
    }
    throw refused('JWSInvalidSignature')
  }
}

function algorithmOf(token: string): string {
  try {
    return decodeProtectedHeader(token).alg ?? ''
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError)
      throw refused('(JSONDecodeError "Error in $: the header cannot be read")')
    throw error
  }
}

function refused(reason: string) {
  return restErrors.jwt(`JWSError ${reason}`)
}

function keysOf(secret: Buffer): readonly JWK[] {
  const shared: JWK = { kty: 'oct', k: secret.toString('base64url') }
  try {
    const found = JSON.parse(secret.toString()) as { keys?: JWK[]; kty?: unknown } | null
    if (Array.isArray(found?.keys)) return found.keys
    return typeof found?.kty === 'string' ? [found as JWK] : [shared]
  } catch {
    return [shared]
  }
}
