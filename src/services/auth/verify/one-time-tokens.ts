import { createHmac, randomInt, randomUUID } from 'node:crypto'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import type { UserRow } from '../users/rows.ts'

export type OneTimeTokenType =
  | 'confirmation_token'
  | 'reauthentication_token'
  | 'recovery_token'
  | 'email_change_token_new'
  | 'email_change_token_current'
  | 'phone_change_token'

/** Marks tokens whose link ends in a code (PKCE), not in a session. */
export const pkcePrefix = 'pkce_'

/** Decimal digits that a person types. */
export function newOtp(length: number): string {
  return Array.from({ length }, () => randomInt(10)).join('')
}

/**
 * What is kept of an OTP, and what its link carries. Made with the service's secret: six digits and an address are soon tried through, so
 * without it neither a reader of the database nor a guesser of links must be able to make one.
 */
export function hashOtp({ settings }: Pick<Call, 'settings'>, address: string, otp: string): string {
  return createHmac('sha224', `one-time token:${settings.jwt.secret}`)
    .update(address + otp)
    .digest('hex')
}

/** A user has at most one of each type. */
export async function saveOneTimeToken(
  transaction: Transaction,
  userId: string,
  type: OneTimeTokenType,
  hash: string,
  relatesTo: string,
): Promise<void> {
  await transaction.query(
    `insert into auth.one_time_tokens (id, user_id, token_type, token_hash, relates_to, created_at, updated_at)
     values ($1, $2, $3, $4, $5, now() at time zone 'utc', now() at time zone 'utc')
     on conflict (user_id, token_type) do update
       set token_hash = excluded.token_hash, relates_to = excluded.relates_to, updated_at = excluded.updated_at`,
    [randomUUID(), userId, type, hash, relatesTo],
  )
}

export async function dropOneTimeToken(
  transaction: Transaction,
  userId: string,
  type: OneTimeTokenType,
): Promise<void> {
  await transaction.query('delete from auth.one_time_tokens where user_id = $1 and token_type = $2', [
    userId,
    type,
  ])
}

/** Whoever proved who they are needs none of the links and codes that still lie in mailboxes. */
export async function dropAllOneTimeTokens(transaction: Transaction, userId: string): Promise<void> {
  await transaction.query('delete from auth.one_time_tokens where user_id = $1', [userId])
}

/** The user that the hash (with or without the PKCE mark) was made for, locked, and which type it is. */
export async function findByOneTimeToken(
  transaction: Transaction,
  hash: string,
  types: readonly OneTimeTokenType[],
): Promise<{ readonly user: UserRow; readonly type: OneTimeTokenType } | undefined> {
  const bare = hash.startsWith(pkcePrefix) ? hash.slice(pkcePrefix.length) : hash
  const rows = await transaction.query<UserRow & Record<string, unknown>>(
    `select u.*, t.token_type as one_time_type
     from auth.one_time_tokens t join auth.users u on u.id = t.user_id
     where t.token_hash = any($1) and t.token_type = any($2::auth.one_time_token_type[])
     for update of u`,
    [[bare, pkcePrefix + bare], types],
  )
  const row = rows[0]
  return row && { user: row, type: row['one_time_type'] as OneTimeTokenType }
}
