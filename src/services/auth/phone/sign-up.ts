import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import { AuthError, errors } from '../errors.ts'
import { grantSession } from '../sessions/grant.ts'
import { confirmPhone } from '../users/confirm.ts'
import { createPhoneUser } from '../users/create.ts'
import { checkPassword } from '../users/password-rules.ts'
import { hashPassword } from '../users/passwords.ts'
import type { Json } from '../users/rows.ts'
import { checkPhone } from '../users/rules.ts'
import { findUserByPhone } from '../users/store.ts'
import { pretendedUser, waitingRow } from '../users/taken.ts'
import { viewUser } from '../users/view.ts'
import { channelOf, sendCode } from './send-code.ts'

export interface PhoneSignUp {
  readonly phone: string
  readonly password: string
  readonly data: Json
  readonly channel: string
}

/** With autoconfirm: a session. Else a code is sent and the answer is a user, whether or not the number was known. */
export async function signUpWithPhone(call: Call, signUp: PhoneSignUp): Promise<Json> {
  const { settings, database } = call
  if (!settings.phone.enabled) throw errors.phoneDisabled('signups')
  await checkPassword(call, signUp.password)
  const phone = checkPhone(signUp.phone)
  const channel = channelOf(call, signUp.channel)
  const waiting = settings.phone.autoconfirm ? await waitingFor(call, phone, signUp.password) : undefined
  const encrypted = await hashPassword(database, signUp.password)
  try {
    return await database.run(async transaction => {
      const existing = await findUserByPhone(transaction, phone, call.audience)
      if (existing && existing.phone_confirmed_at !== null) {
        if (settings.phone.autoconfirm) throw errors.userExists()
        await audit(call, transaction, existing, 'user_repeated_signup', { provider: 'phone' })
        return pretendedUser(call, { phone }, signUp.data)
      }
      if (existing && settings.phone.autoconfirm && existing.id !== waiting) throw errors.userExists()
      const user =
        existing ??
        (await createPhoneUser(call, transaction, phone, signUp.data, { encrypted_password: encrypted }))
      if (settings.phone.autoconfirm) {
        await audit(call, transaction, user, 'user_signedup', { provider: 'phone', channel })
        const confirmed = await confirmPhone(call, transaction, user)
        return grantSession(call, transaction, confirmed, { method: 'password', provider: 'phone' })
      }
      await audit(call, transaction, user, 'user_confirmation_requested', { provider: 'phone' })
      const sent = await sendCode(call, transaction, user, 'confirmation', phone, channel)
      return viewUser(transaction, sent.user)
    })
  } catch (error) {
    // Two sign-ups of one number at the same time.
    if (error instanceof AuthError && error.errorCode === 'phone_exists') throw errors.userExists()
    throw error
  }
}

async function waitingFor(call: Call, phone: string, password: string): Promise<string | undefined> {
  const row = await call.database.run(transaction => findUserByPhone(transaction, phone, call.audience))
  return waitingRow(call, row, row?.phone_confirmed_at, password)
}
