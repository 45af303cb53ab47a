import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import { findUserByEmail } from '../users/store.ts'
import { type SendOptions, sendEmailChange, sendMail } from './send.ts'

/** Sends once more what is not confirmed yet; with nothing to confirm nothing happens. */
export async function requestConfirmationAgain(
  call: Call,
  what: 'signup' | 'email_change',
  email: string,
  options: SendOptions,
): Promise<void> {
  if (!call.settings.email.enabled) throw errors.emailDisabled('logins')
  call.mailer.require()
  await call.database.run(async transaction => {
    const user = await findUserByEmail(transaction, email, call.audience)
    if (!user) return
    if (what === 'signup' && user.email_confirmed_at === null) {
      await audit(call, transaction, user, 'user_confirmation_requested')
      await sendMail(call, transaction, user, 'confirmation', options)
    }
    if (what === 'email_change' && user.email_change) {
      await sendEmailChange(call, transaction, user, user.email_change, options)
    }
  })
}
