import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import type { Json, UserRow } from '../users/rows.ts'
import { updateUser } from '../users/store.ts'
import { viewUser } from '../users/view.ts'
import { issueAccessToken } from './claims.ts'
import { addRefreshToken } from './refresh-tokens.ts'
import { openSession, proofsOf, type SessionRow } from './sessions.ts'

export interface GrantOptions {
  /** As the proof in the token says it: password, otp, oauth, anonymous, … */
  readonly method: string
  /** Which identity signed in. Default: email. */
  readonly provider?: string
  /** What the session remembers besides. */
  readonly tag?: string
  /** What the audit log says besides. */
  readonly traits?: Json
  /** When it ends in any case. */
  readonly notAfter?: Date
}

/** Signs a user in: a new session, its first refresh token, and the answer that clients expect. */
export async function grantSession(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  { method, provider = 'email', traits, tag, notAfter }: GrantOptions,
): Promise<Json> {
  const signedIn = await updateUser(transaction, user.id, { last_sign_in_at: new Date(call.clock.now()) })
  await transaction.query(
    'update auth.identities set last_sign_in_at = now() where user_id = $1 and provider = $2',
    [user.id, provider],
  )
  const session = await openSession(transaction, user.id, { method, tag, notAfter }, call)
  const refreshToken = await addRefreshToken(transaction, user.id, session.id)
  await audit(call, transaction, signedIn, 'login', { provider, ...traits })
  return sessionAnswer(call, transaction, signedIn, session, refreshToken, method)
}

/** The session as a client keeps it: tokens and user. */
export async function sessionAnswer(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  session: SessionRow,
  refreshToken: string,
  method: string,
): Promise<Json> {
  const proofs = await proofsOf(transaction, session.id)
  const access = await issueAccessToken(call, transaction, user, session, proofs, method)
  return {
    access_token: access.token,
    token_type: 'bearer',
    expires_in: call.settings.jwt.expirySeconds,
    expires_at: access.expiresAt,
    refresh_token: refreshToken,
    user: await viewUser(transaction, user),
  }
}
