import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import { findUserByEmail } from '../users/store.ts'
import { type SendOptions, sendMail } from './send.ts'

/** Sends a link to choose a new password; for an unknown address nothing happens. */
export async function requestRecovery(call: Call, email: string, options: SendOptions): Promise<void> {
  // Before anybody is looked up, so that the answer says nothing about them.
  call.mailer.require()
  await call.database.run(async transaction => {
    const user = await findUserByEmail(transaction, email, call.audience)
    if (!user) return
    await audit(call, transaction, user, 'user_recovery_requested')
    await sendMail(call, transaction, user, 'recovery', options)
  })
}
