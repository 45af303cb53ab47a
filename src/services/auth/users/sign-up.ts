import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import { AuthError, errors } from '../errors.ts'
import { sendMail } from '../mail/send.ts'
import { grantSession } from '../sessions/grant.ts'
import type { Flow } from '../verify/flows.ts'
import { confirmEmail } from './confirm.ts'
import { claimUnconfirmed, createEmailUser } from './create.ts'
import { checkPassword } from './password-rules.ts'
import { hashPassword } from './passwords.ts'
import type { Json } from './rows.ts'
import { checkEmail } from './rules.ts'
import { findUserByEmail } from './store.ts'
import { pretendedUser, waitingRow } from './taken.ts'
import { viewUser } from './view.ts'

export interface SignUp {
  readonly email: string
  readonly password: string
  readonly data: Json
  readonly flow: Flow | undefined
  readonly redirectTo: string
}

/** With autoconfirm: a session. Else an email is sent and the answer is a user, whether or not the address was known. */
export async function signUpWithEmail(call: Call, signUp: SignUp): Promise<Json> {
  const { settings, database } = call
  if (!settings.email.enabled) throw errors.emailDisabled('signups')
  await checkPassword(call, signUp.password)
  const email = checkEmail(signUp.email)
  if (!settings.email.autoconfirm) call.mailer.require()
  const waiting = settings.email.autoconfirm ? await waitingFor(call, email, signUp.password) : undefined
  const encrypted = await hashPassword(call.database, signUp.password)
  try {
    return await database.run(async transaction => {
      const existing = await findUserByEmail(transaction, email, call.audience)
      if (existing && existing.email_confirmed_at !== null) {
        if (settings.email.autoconfirm) throw errors.userExists()
        await audit(call, transaction, existing, 'user_repeated_signup', { provider: 'email' })
        return pretendedUser(call, { email }, signUp.data)
      }
      if (existing && settings.email.autoconfirm && existing.id !== waiting) throw errors.userExists()
      // A row that waits for its confirmation keeps its password: this may be somebody else.
      const user = existing
        ? await claimUnconfirmed(transaction, existing, signUp.data)
        : await createEmailUser(call, transaction, email, signUp.data, { encrypted_password: encrypted })
      if (settings.email.autoconfirm) {
        await audit(call, transaction, user, 'user_signedup', { provider: 'email' })
        const confirmed = await confirmEmail(call, transaction, user)
        return grantSession(call, transaction, confirmed, { method: 'password' })
      }
      await audit(call, transaction, user, 'user_confirmation_requested', { provider: 'email' })
      const sent = await sendMail(call, transaction, user, 'confirmation', signUp)
      const view = await viewUser(transaction, sent)
      // What an admin said of somebody invited is not for whoever types their address.
      return sent.invited_at === null ? view : { ...view, user_metadata: {}, identities: [] }
    })
  } catch (error) {
    // Two sign-ups of one address at the same time.
    if (error instanceof AuthError && error.errorCode === 'email_exists') throw errors.userExists()
    throw error
  }
}

async function waitingFor(call: Call, email: string, password: string): Promise<string | undefined> {
  const row = await call.database.run(transaction => findUserByEmail(transaction, email, call.audience))
  return waitingRow(call, row, row?.email_confirmed_at, password)
}
