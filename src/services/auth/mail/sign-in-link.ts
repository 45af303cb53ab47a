import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import { confirmEmail } from '../users/confirm.ts'
import { createEmailUser } from '../users/create.ts'
import type { Json } from '../users/rows.ts'
import { findUserByEmail } from '../users/store.ts'
import { type SendOptions, sendMail } from './send.ts'

export interface MagicLinkOptions extends SendOptions {
  /** Whether an unknown address is signed up. */
  readonly createUser: boolean
  /** Metadata of a new user. */
  readonly data: Json
}

/** Sends a link and a code to sign in with. Somebody new is signed up, without a password. */
export async function requestMagicLink(call: Call, email: string, options: MagicLinkOptions): Promise<void> {
  call.mailer.require()
  const { autoconfirm } = call.settings.email
  await call.database.run(async transaction => {
    const existing = await findUserByEmail(transaction, email, call.audience)
    if (!existing && !options.createUser) throw errors.otpSignupDisabled()
    if (existing && existing.email_confirmed_at !== null) {
      await audit(call, transaction, existing, 'user_recovery_requested')
      await sendMail(call, transaction, existing, 'magic_link', options)
      return
    }
    if (!existing && call.settings.disableSignup) throw errors.signupDisabled()
    const user =
      existing ?? (await createEmailUser(call, transaction, email, options.data, { encrypted_password: '' }))
    if (autoconfirm) {
      await audit(call, transaction, user, 'user_signedup', { provider: 'email' })
      const confirmed = await confirmEmail(call, transaction, user)
      await sendMail(call, transaction, confirmed, 'magic_link', options)
      return
    }
    await audit(call, transaction, user, 'user_confirmation_requested', { provider: 'email' })
    await sendMail(call, transaction, user, 'confirmation', options)
  })
}
