import { randomUUID } from 'node:crypto'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { AuthError } from '../errors.ts'
import { hasHook, rejectionOf, runHook } from '../hooks/hooks.ts'
import { insertIdentity } from './identities.ts'
import type { Json, UserChanges, UserRow } from './rows.ts'
import { insertUser, updateUser } from './store.ts'
import { userView } from './view.ts'

/** A new user who came by themselves, which a hook may refuse. */
export async function createUser(
  call: Call,
  transaction: Transaction,
  values: UserChanges & { readonly id?: string },
): Promise<UserRow> {
  const wanted = {
    id: randomUUID(),
    aud: call.audience,
    role: call.settings.jwt.defaultRole,
    is_anonymous: false,
    is_sso_user: false,
    ...values,
  }
  if (hasHook(call, 'before_user_created')) {
    const now = new Date(call.clock.now())
    const user = userView({ ...wanted, created_at: now, updated_at: now } as unknown as UserRow, [], [])
    const answer = await runHook(call, transaction, 'before_user_created', { user })
    const rejection = rejectionOf(answer, 'Signups are not allowed')
    if (rejection !== undefined) throw new AuthError(403, 'signup_disabled', rejection)
  }
  const user = await insertUser(transaction, wanted)
  if (hasHook(call, 'after_user_created')) {
    transaction.afterCommit(() =>
      runHook(call, undefined, 'after_user_created', { user: userView(user, [], []) }),
    )
  }
  return user
}

/** Invited, or made by a link that an admin asked for: the identity says the address alone, and the metadata what the admin said. */
export async function createInvitedUser(
  call: Call,
  transaction: Transaction,
  email: string,
  data: Json,
  encryptedPassword = '',
): Promise<UserRow> {
  const user = await createUser(call, transaction, {
    email,
    raw_app_meta_data: { provider: 'email', providers: ['email'] },
    raw_user_meta_data: data,
    encrypted_password: encryptedPassword,
  })
  await insertIdentity(transaction, user.id, 'email', {
    sub: user.id,
    email,
    email_verified: false,
    phone_verified: false,
  })
  return user
}

/**
 * A sign-up by email of somebody whose address a provider named before, unproved: what came with it would be a door into the account, so
 * it goes. A row that a sign-up by email made stays as it is.
 */
export async function claimUnconfirmed(
  transaction: Transaction,
  user: UserRow,
  data: Json,
): Promise<UserRow> {
  const byEmail = await transaction.query(
    "select 1 from auth.identities where user_id = $1 and provider = 'email'",
    [user.id],
  )
  if (byEmail.length > 0) return user
  await transaction.query('delete from auth.identities where user_id = $1', [user.id])
  const claimed = await updateUser(transaction, user.id, {
    raw_app_meta_data: { ...user.raw_app_meta_data, provider: 'email', providers: ['email'] },
    raw_user_meta_data: data,
  })
  return identified(transaction, claimed, 'email', { email: user.email })
}

/** With an email identity. `more` are further columns. */
export async function createEmailUser(
  call: Call,
  transaction: Transaction,
  email: string,
  data: Json,
  more: UserChanges & { readonly id?: string } = {},
): Promise<UserRow> {
  const user = await createUser(call, transaction, {
    email,
    raw_app_meta_data: { provider: 'email', providers: ['email'] },
    raw_user_meta_data: data,
    ...more,
  })
  return identified(transaction, user, 'email', { email })
}

/** With a phone identity. */
export async function createPhoneUser(
  call: Call,
  transaction: Transaction,
  phone: string,
  data: Json,
  more: UserChanges = {},
): Promise<UserRow> {
  const user = await createUser(call, transaction, {
    phone,
    raw_app_meta_data: { provider: 'phone', providers: ['phone'] },
    raw_user_meta_data: data,
    ...more,
  })
  return identified(transaction, user, 'phone', { phone })
}

/** What somebody says of themselves is no address of theirs. */
const addresses = ['email', 'phone', 'sub', 'email_verified', 'phone_verified']

/** The identity's data are in the user's metadata as well, where policies and clients look for them. */
async function identified(
  transaction: Transaction,
  user: UserRow,
  provider: string,
  address: Json,
): Promise<UserRow> {
  const said = Object.entries(user.raw_user_meta_data ?? {}).filter(([name]) => !addresses.includes(name))
  const data = {
    ...Object.fromEntries(said),
    sub: user.id,
    ...address,
    email_verified: false,
    phone_verified: false,
  }
  await insertIdentity(transaction, user.id, provider, data)
  return updateUser(transaction, user.id, { raw_user_meta_data: data })
}
