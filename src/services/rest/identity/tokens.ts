import type { Clock } from '#kernel'
import { RestError, restErrors } from '../errors.ts'
import type { RestSettings } from '../settings.ts'
import { type Claims, claimsOf } from './claims.ts'
import { claimAt, readClaimPath } from './role-claim.ts'
import { signatureVerifier } from './signature.ts'

export interface Caller {
  readonly role: string
  readonly claims: Claims
  /** The same in JSON. */
  readonly claimsText: string
  /** What it may not do, it may do after a login. */
  readonly anonymous: boolean
}

/** At once, when who it is is known already. */
export type Identify = (authorization: string | undefined) => Caller | Promise<Caller>

const rememberAtMost = 1000
/** Characters. */
const longestRemembered = 8000
const toleranceSeconds = 30

/** Who a request is from. A token that was verified is remembered until it expires: clients send the same one each time. */
export function createTokens(settings: RestSettings, clock: Clock): Identify {
  const known = new Map<string, Caller>()
  const verify = verifier(settings, clock)
  const path = readClaimPath(settings.jwtRoleClaim)
  const { anonRole } = settings
  let nobody: Caller | undefined

  return authorization => {
    const token = authorization && /^bearer\s+(.*)$/is.exec(authorization)?.[1]?.trimEnd()
    if (!token) {
      nobody ??= callerOf({})
      return nobody
    }
    const found = known.get(token)
    if (found) {
      checkTimes(found.claims, clock)
      return found
    }
    return verified(token)
  }

  async function verified(token: string): Promise<Caller> {
    const claims = await verify(token)
    checkTimes(claims, clock)
    const caller = callerOf(claims)
    const [oldest] = known.keys()
    if (known.size >= rememberAtMost && oldest !== undefined) known.delete(oldest)
    if (token.length <= longestRemembered) known.set(token, caller)
    return caller
  }

  function callerOf(claims: Claims): Caller {
    const found = claimAt(claims, path)
    const role = found === undefined ? anonRole : typeof found === 'string' ? found : JSON.stringify(found)
    if (role === undefined) throw restErrors.noAnonymous()
    const all = { ...claims, role }
    return { role, claims: all, claimsText: JSON.stringify(sorted(all)), anonymous: role === anonRole }
  }
}

function checkTimes({ exp, nbf, iat }: Claims, clock: Clock): void {
  const now = clock.now() / 1000
  if (typeof exp === 'number' && now >= exp + toleranceSeconds) throw restErrors.jwt('JWT expired')
  if (typeof iat === 'number' && now < iat - toleranceSeconds) throw restErrors.jwt('JWTIssuedAtFuture')
  if (typeof nbf === 'number' && now < nbf - toleranceSeconds) throw restErrors.jwt('JWTNotYetValid')
}

/** JSON with the keys of its objects in order, as PostgREST hands claims to functions. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  const pairs = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(pairs.map(([name, one]) => [name, sorted(one)]))
}

function verifier(settings: RestSettings, clock: Clock): (token: string) => Promise<Claims> {
  const { jwtSecret, jwtSecretIsBase64, jwtAudience } = settings
  if (jwtSecret === undefined) return () => Promise.reject(restErrors.noJwtSecret())
  const verify = signatureVerifier(Buffer.from(jwtSecret, jwtSecretIsBase64 ? 'base64' : 'utf8'))
  return async token => {
    const claims = claimsOf(await verify(token).catch(error => refuse(token, error)))
    checkTimes(claims, clock)
    if (!isAudience(claims['aud'], jwtAudience)) throw restErrors.jwt('JWTNotInAudience')
    return claims
  }
}

/** Claims that are none are told of before a signature that is wrong. */
function refuse(token: string, error: unknown): never {
  if (error instanceof RestError && signatureErrors.test(error.message))
    claimsOf(Buffer.from(token.split('.')[1] ?? '', 'base64url'))
  throw error
}

const signatureErrors = /^JWSError JWS/

/** A token that does not speak of an audience is for everybody; one whose list of them is empty, for nobody. */
function isAudience(audience: unknown, own: string | undefined): boolean {
  if (audience === undefined || audience === null) return true
  const all = [audience].flat()
  return own === undefined ? all.length > 0 : all.includes(own)
}
