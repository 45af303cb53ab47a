import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import { createInvitedUser } from '../users/create.ts'
import type { Json } from '../users/rows.ts'
import { findUserByEmail } from '../users/store.ts'
import { viewUser } from '../users/view.ts'
import { sendMail } from './send.ts'

/** Signs somebody up who then accepts by following a link. */
export async function invite(call: Call, email: string, data: Json, redirectTo: string): Promise<Json> {
  call.mailer.require()
  return call.database.run(async transaction => {
    const existing = await findUserByEmail(transaction, email, call.audience)
    if (existing && existing.email_confirmed_at !== null) throw errors.emailExists()
    const user = existing ?? (await createInvitedUser(call, transaction, email, data))
    await audit(call, transaction, 'service', 'user_invited', { user_id: user.id, user_email: email })
    const invited = await sendMail(call, transaction, user, 'invite', { flow: undefined, redirectTo })
    return viewUser(transaction, invited)
  })
}
