import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { dropOneTimeTokens } from '../verify/one-time-tokens.ts'
import { setIdentity } from './identities.ts'
import type { UserRow } from './rows.ts'
import { updateUser } from './store.ts'

/** The email address is the user's: no token for it is left. Confirmed before: the time stays. */
export async function confirmEmail(call: Call, transaction: Transaction, user: UserRow): Promise<UserRow> {
  await dropOneTimeTokens(transaction, user.id, ['confirmation_token'])
  if (user.email)
    await setIdentity(transaction, user.id, 'email', { email: user.email, email_verified: true })
  return updateUser(transaction, user.id, {
    confirmation_token: '',
    email_confirmed_at: user.email_confirmed_at ?? new Date(call.clock.now()),
    is_anonymous: false,
  })
}

/** The new address takes the old one's place. */
export async function confirmEmailChange(
  call: Call,
  transaction: Transaction,
  user: UserRow,
): Promise<UserRow> {
  const email = user.email_change ?? ''
  const now = new Date(call.clock.now())
  await dropOneTimeTokens(transaction, user.id, ['email_change_token_current', 'email_change_token_new'])
  await setIdentity(transaction, user.id, 'email', { email, email_verified: true })
  const app = user.raw_app_meta_data ?? {}
  const providers = Array.isArray(app['providers']) ? (app['providers'] as unknown[]) : []
  return updateUser(transaction, user.id, {
    email,
    email_change: '',
    email_change_token_current: '',
    email_change_token_new: '',
    email_change_confirm_status: 0,
    email_confirmed_at: user.email_confirmed_at ?? now,
    is_anonymous: false,
    ...(providers.includes('email')
      ? {}
      : { raw_app_meta_data: { provider: 'email', ...app, providers: [...providers, 'email'] } }),
  })
}
