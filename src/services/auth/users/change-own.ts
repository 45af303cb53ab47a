import { isDeepStrictEqual } from 'node:util'
import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import { type SendOptions, sendEmailChange } from '../mail/send.ts'
import type { AccessClaims } from '../sessions/access-tokens.ts'
import { type SignedIn, signedIn } from '../sessions/authenticate.ts'
import { closeSessions } from '../sessions/sessions.ts'
import { dropOneTimeTokens, hashOtp } from '../verify/one-time-tokens.ts'
import { confirmEmailChange } from './confirm.ts'
import { hashPassword, passwordMatches } from './passwords.ts'
import type { Json, UserChanges, UserRow } from './rows.ts'
import { checkEmail, checkPassword, merged } from './rules.ts'
import { findUserByEmail, updateUser } from './store.ts'
import { viewUser } from './view.ts'

export interface OwnChanges extends SendOptions {
  readonly email: string
  readonly phone: string
  readonly password: string | undefined
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
  check(call, before.user, { ...wanted, email: email ?? '' })
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
      await audit(transaction, user, 'user_updated_password', call.ip)
    }
    if (email !== undefined && email !== user.email) {
      changed = await changeEmail(call, transaction, changed, email, wanted)
    }
    await audit(transaction, user, 'user_modified', call.ip)
    return viewUser(transaction, changed)
  })
}

function check(call: Call, user: UserRow, wanted: OwnChanges): void {
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
  if (wanted.phone !== '' && wanted.phone.replace(/^\+/, '') !== user.phone) {
    if (!call.settings.phone.enabled) throw errors.phoneDisabled('signups')
    throw errors.notBuilt('Changing the phone number')
  }
}

async function newPassword(call: Call, { user, session }: SignedIn, wanted: OwnChanges): Promise<string> {
  const password = wanted.password ?? ''
  if (call.settings.reauthenticateForPassword) {
    const age = session ? call.clock.now() - session.created_at.getTime() : Number.POSITIVE_INFINITY
    if (age > freshSessionMs) checkNonce(call, user, wanted.nonce)
  }
  checkPassword(password, call.settings)
  if (user.encrypted_password && (await passwordMatches(password, user.encrypted_password))) {
    throw errors.samePassword()
  }
  return hashPassword(password)
}

function checkNonce(call: Call, user: UserRow, nonce: string): void {
  if (nonce === '') throw errors.reauthenticationNeeded()
  const sent = user.reauthentication_sent_at?.getTime() ?? 0
  const expired = sent + call.settings.otpExpirySeconds * 1000 < call.clock.now()
  if (
    expired ||
    !user.reauthentication_token ||
    hashOtp(user.email ?? '', nonce) !== user.reauthentication_token
  ) {
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
