import { codeOf } from '#kernel'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import type { FactorRow, IdentityRow, Json } from './rows.ts'

export async function identitiesOf(
  transaction: Transaction,
  userIds: readonly string[],
): Promise<Map<string, IdentityRow[]>> {
  const rows = await transaction.query<IdentityRow & Record<string, unknown>>(
    'select * from auth.identities where user_id = any($1::uuid[]) order by created_at, id',
    [userIds],
  )
  return grouped(rows)
}

export async function factorsOf(
  transaction: Transaction,
  userIds: readonly string[],
): Promise<Map<string, FactorRow[]>> {
  const rows = await transaction.query<FactorRow & Record<string, unknown>>(
    `select id, user_id, friendly_name, factor_type, status, phone, created_at, updated_at
     from auth.mfa_factors where user_id = any($1::uuid[]) order by created_at, id`,
    [userIds],
  )
  return grouped(rows)
}

/** The identity of a user by email or phone; `data` needs `sub` (the user's id). */
export async function insertIdentity(
  transaction: Transaction,
  userId: string,
  provider: string,
  data: Json,
): Promise<void> {
  try {
    await transaction.query(
      `insert into auth.identities
         (provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
       values ($1, $2, $3, $4, now(), now(), now())`,
      [data['sub'], userId, data, provider],
    )
  } catch (error) {
    if (codeOf(error) === '23505') throw errors.emailExists()
    throw errors.database('saving new identity', error)
  }
}

/** Identities with this address, from wherever they are, are those of its owner. */
export async function markEmailVerified(
  transaction: Transaction,
  userId: string,
  email: string,
): Promise<void> {
  await transaction.query(
    `update auth.identities set identity_data = identity_data || '{"email_verified": true}', updated_at = now()
     where user_id = $1 and email = lower($2)`,
    [userId, email],
  )
}

/** Merges `data` into the identity that the user has with the provider, or makes one. */
export async function setIdentity(
  transaction: Transaction,
  userId: string,
  provider: string,
  data: Json,
): Promise<void> {
  const rows = await transaction.query(
    `update auth.identities set identity_data = identity_data || $3::jsonb, updated_at = now()
     where user_id = $1 and provider = $2 returning id`,
    [userId, provider, data],
  )
  if (rows.length === 0) {
    await insertIdentity(transaction, userId, provider, {
      sub: userId,
      email_verified: false,
      phone_verified: false,
      ...data,
    })
  }
}

function grouped<T extends { readonly user_id: string }>(rows: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const row of rows) {
    const group = groups.get(row.user_id)
    if (group) group.push(row)
    else groups.set(row.user_id, [row])
  }
  return groups
}
