import { messageOf } from '#kernel'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import type { UserRow } from '../users/rows.ts'
import { findUserById } from '../users/store.ts'
import type { AccessClaims } from './access-tokens.ts'
import { findSession, type SessionRow } from './sessions.ts'

export interface SignedIn {
  readonly claims: AccessClaims
  readonly user: UserRow
  readonly session: SessionRow | undefined
}

/** What the bearer token says. Throws no_authorization or bad_jwt. */
export async function claimsOf(call: Call): Promise<AccessClaims> {
  const token = /^bearer (\S+)$/i.exec(call.request.headers.authorization?.trim() ?? '')?.[1]
  if (token === undefined) throw errors.noAuthorization()
  try {
    return await call.tokens.verify(token)
  } catch (error) {
    throw errors.badJwt(`invalid JWT: unable to parse or verify signature, ${whyBad(token, error)}`, error)
  }
}

/** As above, for what decides how somebody signs in: a program that acts for a user may not. Throws not_admin for one. */
export async function personOf(call: Call): Promise<AccessClaims> {
  const claims = await claimsOf(call)
  if (claims.client_id !== undefined) throw errors.oauthClientActs('change how they sign in')
  return claims
}

/** The user of verified claims. The token outlives a sign-out, so its session must still be there. */
export async function signedIn(transaction: Transaction, claims: AccessClaims): Promise<SignedIn> {
  if (!claims.sub) throw errors.badJwt('invalid claim: missing sub claim')
  if (!isUuid(claims.sub)) throw errors.badJwt('invalid claim: sub claim must be a UUID')
  const user = await findUserById(transaction, claims.sub)
  if (!user) throw errors.userGone()
  const id = claims.session_id
  if (!id) return { claims, user, session: undefined }
  if (!isUuid(id)) throw errors.badJwt('invalid claim: session_id claim must be a UUID')
  const session = await findSession(transaction, id)
  if (!session) throw errors.sessionGone()
  return { claims, user, session }
}

/** Whether the token has an audience, and the one that the request names, if it names one. */
export function isForAudience(call: Call, claims: AccessClaims): boolean {
  const first = Array.isArray(claims.aud) ? claims.aud[0] : claims.aud
  return Boolean(first) && (call.namedAudience ?? first) === first
}

/** Throws unless the token's role is one of the admin roles. */
export async function requireAdmin(call: Call): Promise<AccessClaims> {
  const claims = await claimsOf(call)
  if (!call.settings.jwt.adminRoles.includes(claims.role ?? '')) throw errors.notAdmin()
  return claims
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)
}

/** In the words of the library that GoTrue checks tokens with, which clients know. */
function whyBad(token: string, error: unknown): string {
  if (token.split('.').length !== 3) {
    return 'token is malformed: token contains an invalid number of segments'
  }
  switch ((error as { code?: string }).code) {
    case 'ERR_JWT_EXPIRED':
      return 'token has invalid claims: token is expired'
    case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
      return 'token signature is invalid: signature is invalid'
    case 'ERR_JWS_INVALID':
    case 'ERR_JWT_INVALID':
      return 'token is malformed: it cannot be decoded'
    default:
      return messageOf(error)
  }
}
