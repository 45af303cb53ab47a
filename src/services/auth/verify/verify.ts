import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import { confirmEmail, confirmEmailChange } from '../users/confirm.ts'
import type { UserRow } from '../users/rows.ts'
import { isBanned } from '../users/rules.ts'
import { updateUser } from '../users/store.ts'
import {
  dropAllOneTimeTokens,
  dropOneTimeToken,
  findByOneTimeToken,
  type OneTimeTokenType,
} from './one-time-tokens.ts'

const tokenTypes: Readonly<Record<string, readonly OneTimeTokenType[]>> = {
  signup: ['confirmation_token'],
  invite: ['confirmation_token'],
  recovery: ['recovery_token'],
  magiclink: ['recovery_token'],
  email_change: ['email_change_token_new', 'email_change_token_current'],
  email: ['confirmation_token', 'recovery_token'],
}

export interface Verification {
  /** As in the link: signup, invite, recovery, magiclink, email_change, email. */
  readonly type: string
  readonly hash: string
  /** What to say when the token is no good. */
  readonly refusal?: string
}

/**
 * Takes a one-time token and does what it stands for. Returns the user; undefined when a change of email still needs the other address's
 * word. Throws otp_expired when there is no such token (any more).
 */
export async function verifyToken(
  call: Call,
  transaction: Transaction,
  { type, hash, refusal }: Verification,
): Promise<UserRow | undefined> {
  const types = tokenTypes[type]
  if (types === undefined) throw errors.badRequest('Invalid email verification type')
  const found = await findByOneTimeToken(transaction, hash, types)
  if (!found || isExpired(call, found.user, found.type)) throw errors.otpExpired(refusal)
  const { user } = found
  if (isBanned(user, call.clock.now())) throw errors.bannedHere()
  switch (found.type) {
    case 'confirmation_token':
      await audit(call, transaction, user, 'user_signedup', { provider: 'email' })
      return confirmEmail(call, transaction, user)
    case 'recovery_token':
      return recover(call, transaction, user)
    default:
      return changeEmail(call, transaction, user, found.type)
  }
}

function isExpired(call: Call, user: UserRow, type: OneTimeTokenType): boolean {
  const sentAt = {
    confirmation_token: user.confirmation_sent_at,
    recovery_token: user.recovery_sent_at,
    reauthentication_token: user.reauthentication_sent_at,
    email_change_token_new: user.email_change_sent_at,
    email_change_token_current: user.email_change_sent_at,
    phone_change_token: user.phone_change_sent_at,
  }[type]
  if (sentAt === null) return true
  return sentAt.getTime() + call.settings.otpExpirySeconds * 1000 < call.clock.now()
}

/** Whoever reads the address's mail owns the address: it is confirmed as well. */
async function recover(call: Call, transaction: Transaction, user: UserRow): Promise<UserRow> {
  await dropAllOneTimeTokens(transaction, user.id)
  const recovered = await updateUser(transaction, user.id, { recovery_token: '' })
  if (recovered.email_confirmed_at !== null) return recovered
  await audit(call, transaction, user, 'user_signedup', { provider: 'email' })
  return confirmEmail(call, transaction, recovered)
}

async function changeEmail(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  type: OneTimeTokenType,
): Promise<UserRow | undefined> {
  await dropOneTimeToken(transaction, user.id, type)
  const { secureEmailChange, email } = call.settings
  const half = !email.autoconfirm && secureEmailChange && user.email_change_confirm_status === 0
  if (half && user.email) {
    await updateUser(transaction, user.id, { email_change_confirm_status: 1, [type]: '' })
    return undefined
  }
  await audit(call, transaction, user, 'user_modified')
  return confirmEmailChange(call, transaction, user)
}
