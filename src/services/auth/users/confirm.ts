import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { dropAllOneTimeTokens } from '../verify/one-time-tokens.ts'
import { markEmailVerified, setIdentity } from './identities.ts'
import type { Json, UserRow } from './rows.ts'
import { updateUser } from './store.ts'

/** The email address is the user's: no token for it is left. Confirmed before: the time stays. */
export async function confirmEmail(call: Call, transaction: Transaction, user: UserRow): Promise<UserRow> {
  await dropAllOneTimeTokens(transaction, user.id)
  if (user.email) await markEmailVerified(transaction, user.id, user.email)
  return updateUser(transaction, user.id, {
    raw_user_meta_data: { ...user.raw_user_meta_data, email_verified: true },
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
  await dropAllOneTimeTokens(transaction, user.id)
  await setIdentity(transaction, user.id, 'email', { email, email_verified: true })
  return updateUser(transaction, user.id, {
    email,
    email_change: '',
    email_change_token_current: '',
    email_change_token_new: '',
    email_change_confirm_status: 0,
    email_confirmed_at: user.email_confirmed_at ?? now,
    is_anonymous: false,
    raw_user_meta_data: { ...user.raw_user_meta_data, email, email_verified: true },
    raw_app_meta_data: withProvider(user.raw_app_meta_data, 'email'),
  })
}

/** The phone number is the user's: no code for it is left. */
export async function confirmPhone(call: Call, transaction: Transaction, user: UserRow): Promise<UserRow> {
  await dropAllOneTimeTokens(transaction, user.id)
  if (user.phone)
    await setIdentity(transaction, user.id, 'phone', { phone: user.phone, phone_verified: true })
  return updateUser(transaction, user.id, {
    confirmation_token: '',
    phone_confirmed_at: user.phone_confirmed_at ?? new Date(call.clock.now()),
    is_anonymous: false,
  })
}

/** The new number takes the old one's place. */
export async function confirmPhoneChange(
  call: Call,
  transaction: Transaction,
  user: UserRow,
): Promise<UserRow> {
  const phone = user.phone_change ?? ''
  await dropAllOneTimeTokens(transaction, user.id)
  await setIdentity(transaction, user.id, 'phone', { phone, phone_verified: true })
  return updateUser(transaction, user.id, {
    phone,
    phone_change: '',
    phone_change_token: '',
    phone_confirmed_at: new Date(call.clock.now()),
    is_anonymous: false,
    raw_app_meta_data: withProvider(user.raw_app_meta_data, 'phone'),
  })
}

/** `providers` lists all, `provider` is the first. */
export function withProvider(app: Json | null, provider: string): Json {
  const providers = Array.isArray(app?.['providers']) ? (app['providers'] as unknown[]) : []
  if (providers.includes(provider)) return app ?? {}
  return { provider, ...app, providers: [...providers, provider] }
}
