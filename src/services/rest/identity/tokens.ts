import type { Clock } from '#kernel'
import { restErrors } from '../errors.ts'
import type { RestSettings } from '../settings.ts'
import { claimAt, readClaimPath } from './role-claim.ts'
import { signatureVerifier } from './signature.ts'

type Claims = Readonly<Record<string, unknown>>

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
    const claims = claimsOf(await verify(token))
    checkTimes(claims, clock)
    if (!isAudience(claims['aud'], jwtAudience)) throw restErrors.jwt('JWTNotInAudience')
    return claims
  }
}

/** Throws PGRST301 for what are no claims. */
function claimsOf(payload: Uint8Array): Claims {
  let claims: unknown
  try {
    claims = JSON.parse(Buffer.from(payload).toString())
  } catch {
    throw unreadable('$: not valid JSON')
  }
  if (kindOf(claims) !== 'Object')
    throw unreadable(`$: parsing JWT Claims Set failed, expected Object, but encountered ${kindOf(claims)}`)
  for (const name of ['exp', 'iat', 'nbf']) {
    const time = (claims as Claims)[name]
    if (time !== undefined && time !== null && kindOf(time) !== 'Number')
      throw unreadable(
        `$.${name}: parsing NumericDate failed, expected Number, but encountered ${kindOf(time)}`,
      )
  }
  return claims as Claims
}

function unreadable(where: string) {
  return restErrors.jwt(`JWTClaimsSetDecodeError ${JSON.stringify(`Error in ${where}`)}`)
}

function kindOf(value: unknown): string {
  if (value === null) return 'Null'
  if (Array.isArray(value)) return 'Array'
  const type = typeof value
  return `${type.charAt(0).toUpperCase()}${type.slice(1)}`
}

/** A token that does not speak of an audience is for everybody; one whose list of them is empty, for nobody. */
function isAudience(audience: unknown, own: string | undefined): boolean {
  if (audience === undefined || audience === null) return true
  const all = [audience].flat()
  return own === undefined ? all.length > 0 : all.includes(own)
}
