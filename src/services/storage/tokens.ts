import {
  createLocalJWKSet,
  decodeJwt,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
  type ProtectedHeaderParameters,
  SignJWT,
} from 'jose'
import type { StorageSettings } from './settings.ts'

export type Claims = JWTPayload & { readonly role?: string }

/** Tokens of callers and of signed URLs. */
export interface Tokens {
  /** Rejects with an Error whose message says what is wrong with the token. */
  verify(token: string): Promise<Claims>
  /** Signs with the silo's secret. `expiresInSeconds` from now. */
  sign(payload: Record<string, unknown>, expiresInSeconds: number): Promise<string>
  /** A token of the anonymous role, for when none was given: what its owner signs with is no secret. */
  anonKey(): Promise<string>
  /** Claims of the service key, unverified: it is ours. */
  readonly service: { readonly token: string; readonly claims: Claims }
}

const rememberAtMost = 500

export function createTokens(settings: StorageSettings): Tokens {
  const secret = new TextEncoder().encode(settings.jwtSecret)
  const keySet = settings.jwks && createLocalJWKSet(settings.jwks as unknown as JSONWebKeySet)
  const algorithms = [settings.jwtAlgorithm, ...algorithmsOf(settings.jwks?.keys ?? [])]
  // A client sends the same token with each request; its signature need not be checked each time.
  const known = new Map<string, Claims>()

  const keyFor = (header: ProtectedHeaderParameters) =>
    keySet && (header.kid !== undefined || !header.alg?.startsWith('HS'))
      ? keySet(header as Parameters<typeof keySet>[0]).catch(() => secret)
      : secret

  return {
    async verify(token) {
      const seen = known.get(token)
      if (seen) {
        if (seen.exp === undefined || seen.exp * 1000 > Date.now()) return seen
        known.delete(token)
      }
      const { payload } = await jwtVerify<Claims>(token, async header => keyFor(header), { algorithms })
      if (known.size >= rememberAtMost) known.delete(known.keys().next().value as string)
      known.set(token, payload)
      return payload
    },
    sign: (payload, expiresInSeconds) => {
      const now = Math.floor(Date.now() / 1000)
      return new SignJWT(payload)
        .setProtectedHeader({ alg: settings.jwtAlgorithm, typ: 'JWT' })
        .setIssuedAt(now)
        .setExpirationTime(now + expiresInSeconds)
        .sign(secret)
    },
    anonKey: () =>
      new SignJWT({ role: settings.anonRole })
        .setProtectedHeader({ alg: settings.jwtAlgorithm, typ: 'JWT' })
        .sign(secret),
    service: { token: settings.serviceKey, claims: serviceClaims(settings) },
  }
}

function serviceClaims({ serviceKey, serviceRole }: StorageSettings): Claims {
  // No key, or an opaque one: the role is all that matters.
  if (serviceKey.split('.').length !== 3) return { role: serviceRole }
  return { role: serviceRole, ...decodeJwt<Claims>(serviceKey) }
}

function algorithmsOf(keys: readonly Record<string, unknown>[]): string[] {
  const byType: Record<string, string[]> = {
    RSA: ['RS256', 'RS384', 'RS512'],
    EC: ['ES256', 'ES384', 'ES512'],
    OKP: ['EdDSA'],
    oct: ['HS256', 'HS384', 'HS512'],
  }
  return [...new Set(keys.flatMap(key => byType[String(key['kty'])] ?? []))]
}
