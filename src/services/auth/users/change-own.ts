import { timingSafeEqual } from 'node:crypto'
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
import { dropAllOneTimeTokens, hashOtp } from '../verify/one-time-tokens.ts'
import { confirmEmailChange, confirmPhoneChange } from './confirm.ts'
import { factorsOf } from './identities.ts'
import { checkPassword } from './password-rules.ts'
import { hashPassword, noTokens, passwordMatches } from './passwords.ts'
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
    if (encrypted !== undefined) await checkUnchanged(transaction, before.user)
    const { user, session } = await signedIn(transaction, claims)
    const changes: UserChanges = {
      ...(wanted.data && { raw_user_meta_data: merged(user.raw_user_meta_data, wanted.data) }),
      ...(encrypted !== undefined && { encrypted_password: encrypted, ...noTokens }),
    }
    let changed = await updateUser(transaction, user.id, changes)
    if (encrypted !== undefined) {
      await closeSessions(transaction, user.id, session ? { except: session.id } : 'all')
      await dropAllOneTimeTokens(transaction, user.id)
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
  if (wanted.appData) throw errors.appMetadataRefused()
  const changesAddress =
    (wanted.email !== '' && wanted.email !== user.email) ||
    (wanted.phone !== '' && wanted.phone !== user.phone)
  if (user.is_sso_user && (changesAddress || wanted.password || wanted.nonce !== '')) {
    throw errors.ssoManaged()
  }
  if (user.is_anonymous && wanted.password && !wanted.email && !wanted.phone) {
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
    if (age > freshSessionMs) await checkNonce(call, user, wanted.nonce)
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

async function checkNonce(call: Call, user: UserRow, nonce: string): Promise<void> {
  if (nonce === '') throw errors.reauthenticationNeeded()
  const invalid = errors.reauthenticationInvalid()
  const check = async () => {
    if (!isNonce(call, user, nonce)) throw invalid
  }
  await call.limits.guess(`nonce:${user.id}`, check, error => error === invalid)
}

function isNonce(call: Call, user: UserRow, nonce: string): boolean {
  const sent = user.reauthentication_sent_at?.getTime() ?? 0
  const expired = sent + call.settings.otpExpirySeconds * 1000 < call.clock.now()
  if (expired || !user.reauthentication_token) return false
  const shown = Buffer.from(hashOtp(call, user.email || user.phone || '', nonce))
  const known = Buffer.from(user.reauthentication_token)
  return shown.length === known.length && timingSafeEqual(shown, known)
}

/** One nonce, one password: somebody else may have used it while this password was hashed. */
async function checkUnchanged(transaction: Transaction, before: UserRow): Promise<void> {
  const rows = await transaction.query(
    `select 1 from auth.users where id = $1 and encrypted_password is not distinct from $2
       and reauthentication_token is not distinct from $3 for update`,
    [before.id, before.encrypted_password, before.reauthentication_token],
  )
  if (rows.length === 0) throw errors.conflict('The user was changed meanwhile; try again')
}

async function changeEmail(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  email: string,
  options: SendOptions,
): Promise<UserRow> {
  const other = await findUserByEmail(transaction, email, user.aud ?? call.audience)
  if (other && other.id !== user.id) throw errors.emailExists()
  // Somebody anonymous who adds an address signs up. Everybody else proves a new address, if it can be proved here at all.
  const { autoconfirm } = call.settings.email
  if (!autoconfirm || (!user.is_anonymous && call.mailer.able)) {
    return sendEmailChange(call, transaction, user, email, options)
  }
  return confirmEmailChange(call, transaction, { ...user, email_change: email })
}

async function changePhone(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  phone: string,
  channel: string,
): Promise<UserRow> {
  const other = await findUserByPhone(transaction, phone, user.aud ?? call.audience)
  if (other && other.id !== user.id) throw errors.phoneExists()
  if (call.settings.phone.autoconfirm) {
    return confirmPhoneChange(call, transaction, { ...user, phone_change: phone })
  }
  if (!call.settings.phone.enabled) throw errors.phoneDisabled('signups')
  return (await sendCode(call, transaction, user, 'phone_change', phone, channelOf(call, channel))).user
}
