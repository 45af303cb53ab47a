import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import { createInvitedUser } from '../users/create.ts'
import { checkPassword } from '../users/password-rules.ts'
import { hashPassword } from '../users/passwords.ts'
import type { Json, UserRow } from '../users/rows.ts'
import { checkEmail, merged } from '../users/rules.ts'
import { findUserByEmail, updateUser } from '../users/store.ts'
import { viewUser } from '../users/view.ts'
import { hashOtp, newOtp, saveOneTimeToken } from '../verify/one-time-tokens.ts'
import { actionLink } from './links.ts'
import type { MailKind } from './templates.ts'

export interface LinkRequest {
  readonly type: string
  readonly email: string
  readonly newEmail: string
  readonly password: string
  readonly data: Json
  readonly redirectTo: string
}

interface Link {
  readonly user: UserRow
  readonly kind: MailKind
  /** What POST /verify is told. */
  readonly type: string
  readonly hash: string
  readonly otp: string
}

/** The link that an email would have had, for an admin to hand over. No mail server is needed. */
export async function generateLink(call: Call, wanted: LinkRequest): Promise<Json> {
  // Hashing takes a while, so it is done before the transaction; it is thrown away for a user who is there.
  const encrypted =
    wanted.type === 'signup' && wanted.password !== ''
      ? await hashPassword(call.database, wanted.password)
      : ''
  return call.database.run(async transaction => {
    const link = await make(call, transaction, wanted, encrypted)
    return {
      ...(await viewUser(transaction, link.user)),
      action_link: actionLink(call, link.kind, link.hash, wanted.redirectTo, link.type),
      email_otp: link.otp,
      hashed_token: link.hash,
      verification_type: wanted.type.startsWith('email_change') ? wanted.type : link.type,
      redirect_to: wanted.redirectTo,
    }
  })
}

async function make(
  call: Call,
  transaction: Transaction,
  wanted: LinkRequest,
  encrypted: string,
): Promise<Link> {
  const user = await findUserByEmail(transaction, wanted.email, call.audience)
  switch (wanted.type) {
    case 'magiclink':
      if (!user)
        return confirmation(call, transaction, await created(call, transaction, wanted, ''), 'signup')
      return recovery(call, transaction, user, 'magiclink')
    case 'recovery':
      if (!user) throw errors.userNotFound('User with this email not found')
      return recovery(call, transaction, user, 'recovery')
    case 'signup': {
      if (user && user.email_confirmed_at !== null) throw errors.emailExists()
      if (!user) {
        if (wanted.password === '') throw errors.badRequest('Signup requires a valid password')
        await checkPassword(call, wanted.password)
      }
      const target = user
        ? await updateUser(transaction, user.id, {
            raw_user_meta_data: merged(user.raw_user_meta_data, wanted.data),
          })
        : await created(call, transaction, wanted, encrypted)
      return confirmation(call, transaction, target, 'signup')
    }
    case 'invite': {
      if (user && user.email_confirmed_at !== null) throw errors.emailExists()
      const target = user ?? (await created(call, transaction, wanted, ''))
      await audit(call, transaction, 'service', 'user_invited', {
        user_id: target.id,
        user_email: target.email,
      })
      return confirmation(call, transaction, target, 'invite')
    }
    case 'email_change_current':
    case 'email_change_new':
      if (!user) throw errors.userNotFound('User with this email not found')
      return emailChange(call, transaction, user, wanted)
    default:
      throw errors.badRequest(`Invalid email action link type requested: ${wanted.type}`)
  }
}

function created(call: Call, transaction: Transaction, { email, data }: LinkRequest, encrypted: string) {
  return createInvitedUser(call, transaction, email, data, encrypted)
}

async function confirmation(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  type: 'signup' | 'invite',
): Promise<Link> {
  const { otp, hash } = token(call, user.email ?? '')
  await saveOneTimeToken(transaction, user.id, 'confirmation_token', hash, user.email ?? '')
  const now = new Date(call.clock.now())
  const changed = await updateUser(transaction, user.id, {
    confirmation_token: hash,
    confirmation_sent_at: now,
    ...(type === 'invite' && { invited_at: now }),
  })
  return { user: changed, kind: type === 'invite' ? 'invite' : 'confirmation', type, hash, otp }
}

async function recovery(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  type: 'recovery' | 'magiclink',
): Promise<Link> {
  const { otp, hash } = token(call, user.email ?? '')
  await audit(call, transaction, user, 'user_recovery_requested')
  await saveOneTimeToken(transaction, user.id, 'recovery_token', hash, user.email ?? '')
  const changed = await updateUser(transaction, user.id, {
    recovery_token: hash,
    recovery_sent_at: new Date(call.clock.now()),
  })
  return { user: changed, kind: type === 'recovery' ? 'recovery' : 'magic_link', type, hash, otp }
}

async function emailChange(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  wanted: LinkRequest,
): Promise<Link> {
  const current = wanted.type === 'email_change_current'
  if (current && !call.settings.secureEmailChange) {
    throw errors.badRequest('Enable secure email change to generate link for current email')
  }
  const newEmail = checkEmail(wanted.newEmail)
  const other = await findUserByEmail(transaction, newEmail, user.aud ?? call.audience)
  if (other && other.id !== user.id) throw errors.emailExists()
  const address = current ? (user.email ?? '') : newEmail
  const { otp, hash } = token(call, address)
  const type = current ? 'email_change_token_current' : 'email_change_token_new'
  await saveOneTimeToken(transaction, user.id, type, hash, address)
  const changed = await updateUser(transaction, user.id, {
    email_change: newEmail,
    email_change_sent_at: new Date(call.clock.now()),
    email_change_confirm_status: 0,
    [type]: hash,
  })
  return { user: changed, kind: 'email_change', type: 'email_change', hash, otp }
}

function token(call: Call, address: string): { readonly otp: string; readonly hash: string } {
  const otp = newOtp(call.settings.otpLength)
  return { otp, hash: hashOtp(call, address, otp) }
}
