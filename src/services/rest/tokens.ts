import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose'
import type { Clock } from '#kernel'
import { restErrors } from './errors.ts'
import type { RestSettings } from './settings.ts'

export interface Caller {
  readonly role: string
  readonly claims: Readonly<Record<string, unknown>>
  readonly anonymous: boolean
}

const rememberAtMost = 1000

/** Who a request is from. A token that was verified is remembered until it expires: clients send the same one each time. */
export function createTokens(settings: RestSettings, clock: Clock) {
  const known = new Map<string, JWTPayload>()
  const verify = verifier(settings)

  return async (authorization: string | undefined): Promise<Caller> => {
    const token = /^bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) {
      if (settings.anonRole === undefined) throw restErrors.noAnonymous()
      return { role: settings.anonRole, claims: { role: settings.anonRole }, anonymous: true }
    }
    let claims = known.get(token)
    if (claims?.exp !== undefined && claims.exp * 1000 < clock.now())
      throw restErrors.jwtInvalid('JWT expired')
    if (!claims) {
      claims = await verify(token)
      if (known.size >= rememberAtMost) known.delete(known.keys().next().value as string)
      known.set(token, claims)
    }
    const role = typeof claims['role'] === 'string' ? claims['role'] : settings.anonRole
    if (role === undefined) throw restErrors.noAnonymous()
    return { role, claims: { ...claims, role }, anonymous: role === settings.anonRole }
  }
}

function verifier({ jwtSecret, jwtAudience }: RestSettings): (token: string) => Promise<JWTPayload> {
  if (jwtSecret === undefined) return () => Promise.reject(restErrors.jwtMissing())
  const key = jwtSecret.startsWith('{') ? keySet(jwtSecret) : new TextEncoder().encode(jwtSecret)
  const options = { clockTolerance: 30, ...(jwtAudience === undefined ? {} : { audience: jwtAudience }) }
  return async token => {
    try {
      const { payload } =
        key instanceof Uint8Array
          ? await jwtVerify(token, key, { ...options, algorithms: ['HS256', 'HS384', 'HS512'] })
          : await jwtVerify(token, key, options)
      return payload
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw restErrors.jwtInvalid('JWT expired')
      if (error instanceof errors.JWTClaimValidationFailed) {
        const what = { nbf: 'JWT not yet valid', iat: 'JWT issued at future', aud: 'JWT not in audience' }[
          error.claim
        ]
        throw restErrors.jwtInvalid(what ?? 'JWT claims are not valid')
      }
      throw restErrors.jwtInvalid(
        error instanceof errors.JWSSignatureVerificationFailed
          ? 'JWSError JWSInvalidSignature'
          : 'JWSError (CompactDecodeError Invalid JWT)',
      )
    }
  }
}

function keySet(text: string): ReturnType<typeof createLocalJWKSet> {
  const parsed = JSON.parse(text) as { keys?: unknown }
  return createLocalJWKSet((parsed.keys ? parsed : { keys: [parsed] }) as JSONWebKeySet)
}
