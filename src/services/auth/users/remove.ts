import { createHash } from 'node:crypto'
import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import { closeSessions } from '../sessions/sessions.ts'
import type { UserRow } from './rows.ts'
import { deleteUser, findUserById, updateUser } from './store.ts'

/** Deletes a user, or (soft) keeps the row for foreign keys with nothing in it that says who it was. */
export async function removeUser(call: Call, id: string, soft: boolean): Promise<void> {
  await call.database.run(async transaction => {
    const user = await findUserById(transaction, id)
    if (!user) throw errors.userNotFound()
    await audit(call, transaction, 'service', 'user_deleted', {
      user_id: user.id,
      user_email: user.email,
      user_phone: user.phone,
    })
    if (!soft) await deleteUser(transaction, id)
    else if (user.deleted_at === null) await blank(call, transaction, user)
  })
}

async function blank(call: Call, transaction: Transaction, user: UserRow): Promise<void> {
  await updateUser(transaction, user.id, {
    email: user.email ? obscured(user.id, user.email) : null,
    phone: user.phone ? obscured(user.id, user.phone).slice(0, 15) : null,
    encrypted_password: null,
    email_change: '',
    phone_change: '',
    phone_change_token: '',
    confirmation_token: '',
    recovery_token: '',
    email_change_token_current: '',
    email_change_token_new: '',
    reauthentication_token: '',
    raw_user_meta_data: {},
    raw_app_meta_data: {},
    deleted_at: new Date(call.clock.now()),
  })
  const identities = await transaction.query<{ id: string; provider_id: string; provider: string }>(
    'select id, provider_id, provider from auth.identities where user_id = $1',
    [user.id],
  )
  for (const identity of identities) {
    await transaction.query(
      `update auth.identities set provider_id = $2, identity_data = '{}', updated_at = now() where id = $1`,
      [identity.id, obscured(user.id, `${identity.provider}:${identity.provider_id}`)],
    )
  }
  await transaction.query('delete from auth.mfa_factors where user_id = $1', [user.id])
  await transaction.query('delete from auth.one_time_tokens where user_id = $1', [user.id])
  await transaction.query('delete from auth.webauthn_credentials where user_id = $1', [user.id])
  await transaction.query('delete from auth.oauth_consents where user_id = $1', [user.id])
  await closeSessions(transaction, user.id, 'all')
}

function obscured(id: string, value: string): string {
  return createHash('sha256')
    .update(id + value)
    .digest('base64url')
}
