import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose'
import type { Clock } from '#kernel'
import { restErrors } from '../errors.ts'
import type { RestSettings } from '../settings.ts'
import { compileClaimPath } from './role-claim.ts'

export interface Caller {
  readonly role: string
  readonly claims: Readonly<Record<string, unknown>>
  /** What it may not do, it may do after a login. */
  readonly anonymous: boolean
}

const rememberAtMost = 1000
const toleranceSeconds = 30

/** Who a request is from. A token that was verified is remembered until it expires: clients send the same one each time. */
export function createTokens(settings: RestSettings, clock: Clock) {
  const known = new Map<string, JWTPayload>()
  const verify = verifier(settings, clock)
  const roleOf = compileClaimPath(settings.jwtRoleClaim)

  return async (authorization: string | undefined): Promise<Caller> => {
    const token = /^bearer\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) return anonymous()
    let claims = known.get(token)
    if (claims?.exp !== undefined && (claims.exp + toleranceSeconds) * 1000 <= clock.now()) {
      known.delete(token)
      throw restErrors.jwt('JWT expired')
    }
    if (!claims) {
      claims = await verify(token)
      const [oldest] = known.keys()
      if (known.size >= rememberAtMost && oldest !== undefined) known.delete(oldest)
      known.set(token, claims)
    }
    const role = roleOf(claims)
    if (typeof role === 'string')
      return { role, claims: { ...claims, role }, anonymous: role === settings.anonRole }
    if (settings.anonRole === undefined) throw restErrors.noAnonymous()
    return { role: settings.anonRole, claims: { ...claims, role: settings.anonRole }, anonymous: true }
  }

  function anonymous(): Caller {
    if (settings.anonRole === undefined) throw restErrors.noAnonymous()
    return { role: settings.anonRole, claims: { role: settings.anonRole }, anonymous: true }
  }
}

function verifier(settings: RestSettings, clock: Clock): (token: string) => Promise<JWTPayload> {
  const { jwtSecret, jwtSecretIsBase64, jwtAudience } = settings
  if (jwtSecret === undefined) return () => Promise.reject(restErrors.noJwtSecret())
  const keys = jwtSecret.trimStart().startsWith('{') ? keySet(jwtSecret) : undefined
  const secret = Buffer.from(jwtSecret, jwtSecretIsBase64 ? 'base64' : 'utf8')
  return async token => {
    const options = { clockTolerance: toleranceSeconds, currentDate: new Date(clock.now()) }
    try {
      const { payload } = keys
        ? await jwtVerify(token, keys, options)
        : await jwtVerify(token, secret, { ...options, algorithms: ['HS256', 'HS384', 'HS512'] })
      if (!isAudience(payload.aud, jwtAudience)) throw restErrors.jwt('JWT not in audience')
      return payload
    } catch (error) {
      throw error instanceof errors.JOSEError ? restErrors.jwt(wordingOf(error)) : error
    }
  }
}

/** A token that names no audience is for everybody. */
function isAudience(audience: string | string[] | undefined, own: string | undefined): boolean {
  if (own === undefined || audience === undefined) return true
  return [audience].flat().includes(own)
}

function wordingOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'JWT expired'
  if (error instanceof errors.JWTClaimValidationFailed)
    return error.claim === 'nbf'
      ? 'JWT not yet valid'
      : error.claim === 'iat'
        ? 'JWT issued at future'
        : 'JWT claims are not valid'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'JWSError JWSInvalidSignature'
  if (error instanceof errors.JWKSNoMatchingKey) return 'JWSError JWSNoSuitableKey'
  return 'JWSError (CompactDecodeError Invalid number of parts: Expected 3 parts)'
}

function keySet(text: string): ReturnType<typeof createLocalJWKSet> {
  const parsed = JSON.parse(text) as { keys?: unknown }
  return createLocalJWKSet((parsed.keys ? parsed : { keys: [parsed] }) as JSONWebKeySet)
}
