import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { type AuthError, errors } from '../errors.ts'
import type { Json, UserRow } from '../users/rows.ts'
import { isBanned } from '../users/rules.ts'
import { findUserById } from '../users/store.ts'
import { sessionAnswer } from './grant.ts'
import {
  activeRefreshToken,
  addRefreshToken,
  findRefreshToken,
  type RefreshTokenRow,
  revokeFamily,
  revokeRefreshToken,
} from './refresh-tokens.ts'
import { findSession, hasLaterSession, type SessionRow, touchSession } from './sessions.ts'

/** Exchanges a refresh token for a new pair; `clientId` is the program that acts for the user, if any. A token that was exchanged before and turns up again ends its whole family. */
export async function refreshSession(call: Call, given: string, clientId?: string): Promise<Json> {
  // A refusal can have revoked tokens, which must stay so: it is returned out of the transaction, not thrown.
  const result = await call.database.run<Json | AuthError>(async transaction => {
    const token = await findRefreshToken(transaction, given)
    const user = token && (await findUserById(transaction, token.user_id))
    if (!token || !user) return errors.refreshTokenNotFound()
    if (isBanned(user, call.clock.now())) return errors.userBanned('Invalid Refresh Token: User Banned')
    const session =
      token.session_id === null ? undefined : await findSession(transaction, token.session_id, true)
    if (!session) return errors.refreshSessionGone()
    // A program's tokens are refreshed by that program alone, and a user's by no program.
    if ((session.oauth_client_id ?? undefined) !== clientId) return errors.refreshTokenNotFound()
    const expired = expiry(call, session) ?? (await superseded(call, transaction, session))
    if (expired) return expired
    // Somebody may have exchanged it while we waited for the session.
    const current = (await findRefreshToken(transaction, given)) ?? token
    const next = await nextToken(call, transaction, user, session, current)
    if (typeof next !== 'string') return next
    await touchSession(transaction, session.id, call)
    await audit(call, transaction, user, 'token_refreshed')
    return sessionAnswer(call, transaction, user, session, next, 'token_refresh')
  })
  if (result instanceof Error) throw result
  return result
}

async function nextToken(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  session: SessionRow,
  token: RefreshTokenRow,
): Promise<string | AuthError> {
  if (token.revoked) {
    const active = await activeRefreshToken(transaction, session.id)
    // The client never got, or never saved, the answer to its last exchange.
    if (active && active.parent === token.token) return active.token
    if (call.clock.now() > token.updated_at.getTime() + call.settings.refreshReuseMs) {
      if (call.settings.refreshRotation) await revokeFamily(transaction, session.id)
      return errors.refreshTokenUsed()
    }
  }
  await revokeRefreshToken(transaction, token.id)
  await audit(call, transaction, user, 'token_revoked')
  return addRefreshToken(transaction, user.id, session.id, token.token)
}

function expiry(call: Call, session: SessionRow): AuthError | undefined {
  const now = call.clock.now()
  const { sessionTimeboxMs, sessionInactivityMs } = call.settings
  if (session.not_after !== null && session.not_after.getTime() <= now) return errors.sessionExpired()
  if (sessionTimeboxMs !== undefined && session.created_at.getTime() + sessionTimeboxMs <= now) {
    return errors.sessionExpired()
  }
  const last =
    session.refreshed_seconds === null ? session.created_at.getTime() : session.refreshed_seconds * 1000
  if (sessionInactivityMs !== undefined && last + sessionInactivityMs <= now) {
    return errors.sessionExpired('Session Expired (Inactivity)')
  }
  return undefined
}

/** Sessions that a later one ended, or that should have been proved by a second factor by now. */
async function superseded(
  call: Call,
  transaction: Transaction,
  session: SessionRow,
): Promise<AuthError | undefined> {
  const { sessionSinglePerUser, sessionTags, sessionLowAalMs } = call.settings
  if (sessionSinglePerUser && (await hasLaterSession(transaction, session, sessionTags))) {
    return errors.sessionExpired('Session Expired (Revoked by Newer Login)')
  }
  if (sessionLowAalMs === undefined || session.aal !== 'aal1') return undefined
  if (session.created_at.getTime() + sessionLowAalMs > call.clock.now()) return undefined
  const verified = await transaction.query(
    "select 1 from auth.mfa_factors where user_id = $1 and status = 'verified' limit 1",
    [session.user_id],
  )
  return verified.length > 0
    ? errors.sessionExpired('Session Expired (Low AAL: User Needs MFA Verification)')
    : undefined
}
