import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose'
import type { Clock } from '#kernel'
import { restErrors } from '../errors.ts'
import type { RestSettings } from '../settings.ts'
import { compileClaimPath } from './role-claim.ts'

export interface Caller {
  readonly role: string
  readonly claims: Readonly<Record<string, unknown>>
  /** The same in JSON. */
  readonly claimsText: string
  /** What it may not do, it may do after a login. */
  readonly anonymous: boolean
}

export type Identify = (authorization: string | undefined) => Promise<Caller>

const rememberAtMost = 1000
/** Characters. */
const longestRemembered = 8000
const toleranceSeconds = 30

/** Who a request is from. A token that was verified is remembered until it expires: clients send the same one each time. */
export function createTokens(settings: RestSettings, clock: Clock): Identify {
  const known = new Map<string, Caller>()
  const verify = verifier(settings, clock)
  const roleOf = compileClaimPath(settings.jwtRoleClaim)
  const { anonRole } = settings
  let nobody: Caller | undefined

  return async authorization => {
    const token = authorization && /^bearer\s+(\S+)\s*$/i.exec(authorization)?.[1]
    if (!token) {
      nobody ??= callerOf({})
      return nobody
    }
    const found = known.get(token)
    if (found) {
      checkTimes(found.claims, clock)
      return found
    }
    const claims = await verify(token)
    checkTimes(claims, clock)
    const caller = callerOf(claims)
    const [oldest] = known.keys()
    if (known.size >= rememberAtMost && oldest !== undefined) known.delete(oldest)
    if (token.length <= longestRemembered) known.set(token, caller)
    return caller
  }

  function callerOf(claims: JWTPayload): Caller {
    const found = roleOf(claims)
    const role = found === undefined ? anonRole : typeof found === 'string' ? found : JSON.stringify(found)
    if (role === undefined) throw restErrors.noAnonymous()
    const all = { ...claims, role }
    return { role, claims: all, claimsText: JSON.stringify(all), anonymous: role === anonRole }
  }
}

function checkTimes({ exp, nbf, iat }: JWTPayload, clock: Clock): void {
  const now = Math.floor(clock.now() / 1000)
  if (typeof exp === 'number' && now > exp + toleranceSeconds) throw restErrors.jwt('JWT expired')
  if (typeof nbf === 'number' && now < nbf - toleranceSeconds) throw restErrors.jwt('JWTNotYetValid')
  if (typeof iat === 'number' && now < iat - toleranceSeconds) throw restErrors.jwt('JWTIssuedAtFuture')
}

function verifier(settings: RestSettings, clock: Clock): (token: string) => Promise<JWTPayload> {
  const { jwtSecret, jwtSecretIsBase64, jwtAudience } = settings
  if (jwtSecret === undefined) return () => Promise.reject(restErrors.noJwtSecret())
  const keys = jwtSecret.trimStart().startsWith('{') ? keySet(jwtSecret) : undefined
  const secret = Buffer.from(jwtSecret, jwtSecretIsBase64 ? 'base64' : 'utf8')
  return async token => {
    const parts = token.split('.').length
    if (parts !== 3)
      throw restErrors.jwt(
        `JWSError (CompactDecodeError Invalid number of parts: Expected 3 parts; got ${parts})`,
      )
    const options = { clockTolerance: toleranceSeconds, currentDate: new Date(clock.now()) }
    try {
      const { payload } = keys
        ? await jwtVerify(token, keys, options)
        : await jwtVerify(token, secret, { ...options, algorithms: ['HS256', 'HS384', 'HS512'] })
      checkTimes(payload, clock)
      if (!isAudience(payload.aud, jwtAudience)) throw restErrors.jwt('JWTNotInAudience')
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
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf') return 'JWTNotYetValid'
  if (error instanceof errors.JWTInvalid) return 'Parsing claims failed'
  if (error instanceof errors.JOSEAlgNotAllowed) return 'JWSError JWSNoSignatures'
  return 'JWSError JWSInvalidSignature'
}

function keySet(text: string): ReturnType<typeof createLocalJWKSet> {
  const parsed = JSON.parse(text) as { keys?: unknown }
  return createLocalJWKSet((parsed.keys ? parsed : { keys: [parsed] }) as JSONWebKeySet)
}
