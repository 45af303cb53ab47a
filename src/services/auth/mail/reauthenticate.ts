import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import { sendCode } from '../phone/send-code.ts'
import type { AccessClaims } from '../sessions/access-tokens.ts'
import { signedIn } from '../sessions/authenticate.ts'
import { sendMail } from './send.ts'

/** Sends the code that a change of password asks for when the session is old: by email, or to the phone of who has none. */
export async function requestReauthentication(call: Call, claims: AccessClaims): Promise<void> {
  await call.database.run(async transaction => {
    const { user } = await signedIn(transaction, claims)
    if (!user.email && !user.phone) {
      throw errors.badRequest('Reauthentication requires the user to have an email or a phone number')
    }
    if (user.email) {
      if (user.email_confirmed_at === null) throw errors.emailUnconfirmedYet()
      call.mailer.require()
      await audit(call, transaction, user, 'user_reauthenticate_requested')
      await sendMail(call, transaction, user, 'reauthentication', { flow: undefined, redirectTo: '' })
      return
    }
    if (user.phone_confirmed_at === null) throw errors.phoneUnconfirmedYet()
    await audit(call, transaction, user, 'user_reauthenticate_requested')
    await sendCode(call, transaction, user, 'reauthentication', user.phone ?? '', 'sms')
  })
}
