import { timingSafeEqual } from 'node:crypto'
import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import { confirmPhone, confirmPhoneChange } from '../users/confirm.ts'
import type { UserRow } from '../users/rows.ts'
import { checkPhone, isBanned } from '../users/rules.ts'
import { findUserByPhone, findUserByPhoneChange } from '../users/store.ts'
import { hashOtp } from '../verify/one-time-tokens.ts'
import { testCodeOf } from './send-code.ts'

/** Takes a code that came to the phone and returns whose it is. Throws otp_expired for any other. */
export async function verifyCode(
  call: Call,
  transaction: Transaction,
  { type, phone: given, token }: { readonly type: string; readonly phone: string; readonly token: string },
): Promise<UserRow> {
  if (type !== 'sms' && type !== 'phone_change') throw errors.badRequest('Invalid sms verification type')
  const phone = checkPhone(given)
  const user =
    type === 'sms'
      ? await findUserByPhone(transaction, phone, call.audience)
      : await findUserByPhoneChange(transaction, phone, call.audience)
  const [expected, sentAt] =
    type === 'sms'
      ? [user?.confirmation_token, user?.confirmation_sent_at]
      : [user?.phone_change_token, user?.phone_change_sent_at]
  if (!user || !(await isRight(call, phone, token, expected, sentAt))) throw errors.otpExpired()
  if (isBanned(user, call.clock.now())) throw errors.bannedHere()
  if (type === 'phone_change') {
    await audit(call, transaction, user, 'user_modified')
    return confirmPhoneChange(call, transaction, user)
  }
  if (user.phone_confirmed_at === null) {
    await audit(call, transaction, user, 'user_signedup', { provider: 'phone' })
  }
  return confirmPhone(call, transaction, user)
}

async function isRight(
  call: Call,
  phone: string,
  token: string,
  expected: string | null | undefined,
  sentAt: Date | null | undefined,
): Promise<boolean> {
  if (!expected || !sentAt) return false
  if (sentAt.getTime() + call.settings.sms.otpExpirySeconds * 1000 < call.clock.now()) return false
  if (call.sms.check && testCodeOf(call, phone) === undefined) return call.sms.check(phone, token)
  const shown = Buffer.from(hashOtp(call, phone, token))
  const known = Buffer.from(expected)
  return shown.length === known.length && timingSafeEqual(shown, known)
}
