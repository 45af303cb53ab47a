import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import type { AccessClaims } from '../sessions/access-tokens.ts'
import { signedIn } from '../sessions/authenticate.ts'
import { sendMail } from './send.ts'

/** Sends the code that a change of password asks for when the session is old. */
export async function requestReauthentication(call: Call, claims: AccessClaims): Promise<void> {
  call.mailer.require()
  await call.database.run(async transaction => {
    const { user } = await signedIn(transaction, claims)
    if (!user.email) throw errors.validation('Reauthentication requires the user to have an email')
    if (user.email_confirmed_at === null) throw errors.validation('Please verify your email first.')
    await audit(transaction, user, 'user_reauthenticate_requested', call.ip)
    await sendMail(call, transaction, user, 'reauthentication', { flow: undefined, redirectTo: '' })
  })
}
