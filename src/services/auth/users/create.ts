import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { insertIdentity } from './identities.ts'
import type { Json, UserChanges, UserRow } from './rows.ts'
import { insertUser } from './store.ts'

/** A new user with an email identity. `more` are further columns. */
export async function createEmailUser(
  call: Call,
  transaction: Transaction,
  email: string,
  data: Json,
  more: UserChanges & { readonly id?: string } = {},
): Promise<UserRow> {
  const user = await insertUser(transaction, {
    aud: call.audience,
    role: call.settings.jwt.defaultRole,
    email,
    raw_app_meta_data: { provider: 'email', providers: ['email'] },
    raw_user_meta_data: data,
    ...more,
  })
  await insertIdentity(transaction, user.id, 'email', {
    sub: user.id,
    email,
    email_verified: false,
    phone_verified: false,
  })
  return user
}
