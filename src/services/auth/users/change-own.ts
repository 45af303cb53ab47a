import { isDeepStrictEqual } from 'node:util'
import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import { notify } from '../mail/notify.ts'
import { type SendOptions, sendEmailChange } from '../mail/send.ts'
import { channelOf, sendCode } from '../phone/send-code.ts'
import type { AccessClaims } from '../sessions/access-tokens.ts'
import { type SignedIn, signedIn } from '../sessions/authenticate.ts'
import { closeSessions } from '../sessions/sessions.ts'
import { dropOneTimeTokens, hashOtp } from '../verify/one-time-tokens.ts'
import { confirmEmailChange, confirmPhoneChange } from './confirm.ts'
import { factorsOf } from './identities.ts'
import { checkPassword } from './password-rules.ts'
import { hashPassword, passwordMatches } from './passwords.ts'
import type { Json, UserChanges, UserRow } from './rows.ts'
import { checkEmail, checkPhone, merged } from './rules.ts'
import { findUserByEmail, findUserByPhone, updateUser } from './store.ts'
import { viewUser } from './view.ts'

export interface OwnChanges extends SendOptions {
  readonly email: string
  readonly phone: string
  readonly password: string | undefined
  /** What the password is now, where that must be shown. */
  readonly currentPassword: string
  /** How a code comes to a new phone. */
  readonly channel: string
  /** Code of a reauthentication. */
  readonly nonce: string
  readonly data: Json | undefined
  readonly appData: Json | undefined
}

const freshSessionMs = 24 * 3_600_000

/** What users may change about themselves. A new password ends the other sessions; a new email waits for its confirmation. */
export async function changeOwnUser(call: Call, claims: AccessClaims, wanted: OwnChanges): Promise<Json> {
  const { database } = call
  const before = await database.run(transaction => signedIn(transaction, claims))
  const email = wanted.email === '' ? undefined : checkEmail(wanted.email)
  const phone = wanted.phone === '' ? undefined : checkPhone(wanted.phone)
  check(before.user, { ...wanted, email: email ?? '', phone: phone ?? '' })
  await checkAssurance(call, before, { email, phone, password: wanted.password })
  // Outside of any transaction: hashing takes a while.
  const encrypted = wanted.password === undefined ? undefined : await newPassword(call, before, wanted)

  return database.run(async transaction => {
    const { user, session } = await signedIn(transaction, claims)
    const changes: UserChanges = {
      ...(wanted.data && { raw_user_meta_data: merged(user.raw_user_meta_data, wanted.data) }),
      ...(encrypted !== undefined && { encrypted_password: encrypted }),
      ...(wanted.nonce !== '' && encrypted !== undefined && { reauthentication_token: '' }),
    }
    let changed = await updateUser(transaction, user.id, changes)
    if (encrypted !== undefined) {
      await closeSessions(transaction, user.id, session ? { except: session.id } : 'all')
      await dropOneTimeTokens(transaction, user.id, ['reauthentication_token', 'recovery_token'])
      await audit(call, transaction, user, 'user_updated_password')
      notify(call, transaction, user, 'password_changed_notification')
    }
    if (email !== undefined && email !== user.email) {
      changed = await changeEmail(call, transaction, changed, email, wanted)
    }
    if (phone !== undefined && phone !== user.phone) {
      changed = await changePhone(call, transaction, changed, phone, wanted.channel)
    }
    await audit(call, transaction, user, 'user_modified')
    return viewUser(transaction, changed)
  })
}

function check(user: UserRow, wanted: OwnChanges): void {
  if (
    wanted.appData &&
    !isDeepStrictEqual(merged(user.raw_app_meta_data, wanted.appData), user.raw_app_meta_data)
  ) {
    throw errors.appMetadataRefused()
  }
  if (user.is_sso_user && (wanted.email || wanted.phone || wanted.password !== undefined)) {
    throw errors.ssoManaged('email, phone or password')
  }
  if (user.is_anonymous && wanted.password !== undefined && !wanted.email && !wanted.phone) {
    throw errors.validation('Updating password of an anonymous user without an email or phone is not allowed')
  }
}

/** Whoever has a second factor must have shown it to change what signs them in. */
async function checkAssurance(
  call: Call,
  { user, session }: SignedIn,
  wanted: { email: string | undefined; phone: string | undefined; password: string | undefined },
): Promise<void> {
  if (session?.aal === 'aal2') return
  const changesEmail = wanted.email !== undefined && wanted.email !== user.email
  const changesPhone = wanted.phone !== undefined && wanted.phone !== user.phone
  if (!wanted.password && !changesEmail && !changesPhone) return
  const factors = await call.database.run(transaction => factorsOf(transaction, [user.id]))
  if (factors.get(user.id)?.some(factor => factor.status === 'verified'))
    throw errors.insufficientAalToChange()
}

async function newPassword(call: Call, { user, session }: SignedIn, wanted: OwnChanges): Promise<string> {
  const password = wanted.password ?? ''
  if (call.settings.reauthenticateForPassword) {
    const age = session ? call.clock.now() - session.created_at.getTime() : Number.POSITIVE_INFINITY
    if (age > freshSessionMs) checkNonce(call, user, wanted.nonce)
  }
  await checkCurrentPassword(call, user, wanted.currentPassword)
  await checkPassword(call, password)
  if (user.encrypted_password && (await passwordMatches(call.database, password, user.encrypted_password))) {
    throw errors.samePassword()
  }
  return hashPassword(call.database, password)
}

async function checkCurrentPassword(call: Call, user: UserRow, current: string): Promise<void> {
  if (!call.settings.currentPasswordForPassword || !user.encrypted_password) return
  if (current === '') throw errors.currentPasswordRequired()
  if (!(await passwordMatches(call.database, current, user.encrypted_password))) {
    throw errors.currentPasswordWrong()
  }
}

function checkNonce(call: Call, user: UserRow, nonce: string): void {
  if (nonce === '') throw errors.reauthenticationNeeded()
  const guesses = `nonce:${user.id}`
  call.limits.guessing(guesses)
  const sent = user.reauthentication_sent_at?.getTime() ?? 0
  const expired = sent + call.settings.otpExpirySeconds * 1000 < call.clock.now()
  if (
    expired ||
    !user.reauthentication_token ||
    hashOtp(call, user.email || user.phone || '', nonce) !== user.reauthentication_token
  ) {
    call.limits.guessedWrong(guesses)
    throw errors.reauthenticationInvalid()
  }
}

async function changeEmail(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  email: string,
  options: SendOptions,
): Promise<UserRow> {
  const other = await findUserByEmail(transaction, email, call.audience)
  if (other && other.id !== user.id) throw errors.emailExists()
  if (!call.settings.email.autoconfirm) return sendEmailChange(call, transaction, user, email, options)
  return confirmEmailChange(call, transaction, { ...user, email_change: email })
}

async function changePhone(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  phone: string,
  channel: string,
): Promise<UserRow> {
  const other = await findUserByPhone(transaction, phone, call.audience)
  if (other && other.id !== user.id) throw errors.phoneExists()
  if (call.settings.phone.autoconfirm) {
    return confirmPhoneChange(call, transaction, { ...user, phone_change: phone })
  }
  if (!call.settings.phone.enabled) throw errors.phoneDisabled('signups')
  return (await sendCode(call, transaction, user, 'phone_change', phone, channelOf(call, channel))).user
}
