import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import { confirmPhone } from '../users/confirm.ts'
import { createPhoneUser } from '../users/create.ts'
import type { Json } from '../users/rows.ts'
import { checkPhone } from '../users/rules.ts'
import { findUserByPhone } from '../users/store.ts'
import { channelOf, sendCode } from './send-code.ts'

export interface CodeRequest {
  readonly phone: string
  readonly channel: string
  /** Whether an unknown number is signed up. */
  readonly createUser: boolean
  /** Metadata of a new user. */
  readonly data: Json
}

/** Sends a code to sign in with. Somebody new is signed up, without a password. */
export async function requestSignInCode(call: Call, request: CodeRequest): Promise<Json> {
  const { phone: settings } = call.settings
  if (!settings.enabled) throw errors.unsupportedPhone()
  const phone = checkPhone(request.phone)
  const channel = channelOf(call, request.channel)
  return call.database.run(async transaction => {
    const existing = await findUserByPhone(transaction, phone, call.audience)
    if (!existing && !request.createUser) throw errors.otpSignupDisabled()
    if (!existing && call.settings.disableSignup) throw errors.signupDisabled()
    let user =
      existing ?? (await createPhoneUser(call, transaction, phone, request.data, { encrypted_password: '' }))
    if (!existing && settings.autoconfirm) {
      await audit(call, transaction, user, 'user_signedup', { provider: 'phone', channel })
      user = await confirmPhone(call, transaction, user)
    }
    await audit(call, transaction, user, 'user_recovery_requested', { channel })
    const { messageId } = await sendCode(call, transaction, user, 'confirmation', phone, channel)
    return { message_id: messageId }
  })
}

/** Sends once more what is not confirmed yet; with nothing to confirm nothing happens. */
export async function requestCodeAgain(
  call: Call,
  what: 'sms' | 'phone_change',
  phone: string,
): Promise<Json> {
  if (!call.settings.phone.enabled) throw errors.phoneDisabled('logins')
  const digits = checkPhone(phone)
  return call.database.run(async transaction => {
    const user = await findUserByPhone(transaction, digits, call.audience)
    if (!user) return {}
    if (what === 'sms') {
      if (user.phone_confirmed_at !== null) return {}
      await audit(call, transaction, user, 'user_confirmation_requested')
      const { messageId } = await sendCode(call, transaction, user, 'confirmation', digits, 'sms')
      return { message_id: messageId }
    }
    if (!user.phone_change) return {}
    const { messageId } = await sendCode(call, transaction, user, 'phone_change', user.phone_change, 'sms')
    return { message_id: messageId }
  })
}
