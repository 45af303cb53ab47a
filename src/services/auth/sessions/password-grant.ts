import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import { hasHook, rejectionOf, runHook } from '../hooks/hooks.ts'
import { weaknessOf } from '../users/password-rules.ts'
import { passwordMatches } from '../users/passwords.ts'
import type { Json, UserRow } from '../users/rows.ts'
import { barePhone, isBanned } from '../users/rules.ts'
import { findUserByEmail, findUserByPhone } from '../users/store.ts'
import { grantSession } from './grant.ts'
import { closeSessions } from './sessions.ts'

/** One of `email` and `phone` is empty. An unknown user and a wrong password get the same answer after the same time. */
export async function passwordGrant(
  call: Call,
  { email, phone, password }: { readonly email: string; readonly phone: string; readonly password: string },
): Promise<Json> {
  const { settings, database } = call
  if (email !== '' && phone !== '') {
    throw errors.badRequest('Only an email address or phone number should be provided on login.')
  }
  if (email === '' && phone === '') throw errors.badRequest('missing email or phone')
  if (email !== '' && !settings.email.enabled) throw errors.emailDisabled('logins', 422)
  if (phone !== '' && !settings.phone.enabled) throw errors.phoneDisabled('logins', 422)

  const user = await database.run(transaction =>
    email !== ''
      ? findUserByEmail(transaction, email, call.audience)
      : findUserByPhone(transaction, barePhone(phone), call.audience),
  )
  // No connection is held while the hash is computed.
  const valid = await passwordMatches(database, password, user?.encrypted_password)
  if (user) await askHook(call, user, valid)
  if (!valid || !user) throw errors.invalidCredentials()
  if (isBanned(user, call.clock.now())) throw errors.userBanned()
  if (email !== '' && user.email_confirmed_at === null && !settings.allowUnverifiedEmail) {
    throw errors.emailNotConfirmed()
  }
  if (phone !== '' && user.phone_confirmed_at === null) throw errors.phoneNotConfirmed()
  const weakness = await weaknessOf(call, password)
  const session = await database.run(transaction =>
    grantSession(call, transaction, user, { method: 'password', provider: email !== '' ? 'email' : 'phone' }),
  )
  return weakness ? { ...session, weak_password: weakness } : session
}

/** A hook that counts attempts may refuse also what is right, and end what is open. */
async function askHook(call: Call, user: UserRow, valid: boolean): Promise<void> {
  if (!hasHook(call, 'password_verification_attempt')) return
  const answer = await runHook(call, undefined, 'password_verification_attempt', { user_id: user.id, valid })
  const rejection = rejectionOf(answer, 'Further password verification attempts will be rejected.')
  if (rejection === undefined) return
  if (answer['should_logout_user'] === true) {
    await call.database.run(transaction => closeSessions(transaction, user.id, 'all'))
  }
  throw errors.invalidCredentials(rejection)
}
