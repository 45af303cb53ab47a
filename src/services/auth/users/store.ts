import { randomUUID } from 'node:crypto'
import { codeOf } from '#kernel'
import type { Transaction } from '../database/database.ts'
import { fromPostgres } from '../database/failures.ts'
import { errors } from '../errors.ts'
import { instanceId, type UserChanges, type UserRow } from './rows.ts'

export async function findUserById(transaction: Transaction, id: string): Promise<UserRow | undefined> {
  const rows = await transaction.query<UserRow & Record<string, unknown>>(
    'select * from auth.users where id = $1 and instance_id = $2',
    [id, instanceId],
  )
  return rows[0]
}

/** Emails are kept in lower case. SSO users are not found by email. */
export async function findUserByEmail(
  transaction: Transaction,
  email: string,
  audience: string,
): Promise<UserRow | undefined> {
  const rows = await transaction.query<UserRow & Record<string, unknown>>(
    `select * from auth.users
     where instance_id = $1 and lower(email) = $2 and aud = $3 and is_sso_user = false`,
    [instanceId, email.toLowerCase(), audience],
  )
  return rows[0]
}

export async function findUserByPhone(
  transaction: Transaction,
  phone: string,
  audience: string,
): Promise<UserRow | undefined> {
  const rows = await transaction.query<UserRow & Record<string, unknown>>(
    `select * from auth.users
     where instance_id = $1 and phone = $2 and aud = $3 and is_sso_user = false`,
    [instanceId, phone, audience],
  )
  return rows[0]
}

/** Who asked for this number to become theirs, last first. */
export async function findUserByPhoneChange(
  transaction: Transaction,
  phone: string,
  audience: string,
): Promise<UserRow | undefined> {
  const rows = await transaction.query<UserRow & Record<string, unknown>>(
    `select * from auth.users
     where instance_id = $1 and phone_change = $2 and aud = $3 and is_sso_user = false
     order by phone_change_sent_at desc nulls last limit 1`,
    [instanceId, phone, audience],
  )
  return rows[0]
}

/** Rejects with email_exists or phone_exists when somebody was faster, and as a database error when a trigger refuses. */
export async function insertUser(
  transaction: Transaction,
  values: UserChanges & { readonly id?: string },
): Promise<UserRow> {
  const { id = randomUUID(), ...rest } = values
  const entries = Object.entries({ ...blank, ...rest })
  const names = entries.map(([name]) => `"${name}"`).join(', ')
  const places = entries.map((_, index) => `$${index + 3}`).join(', ')
  const rows = await writing('saving new user', () =>
    transaction.query<UserRow & Record<string, unknown>>(
      `insert into auth.users (instance_id, id, created_at, updated_at, ${names})
       values ($1, $2, now(), now(), ${places}) returning *`,
      [instanceId, id, ...entries.map(([, value]) => value)],
    ),
  )
  return rows[0] as UserRow
}

/** Sets the columns and `updated_at`; returns the row as it is then. */
export async function updateUser(
  transaction: Transaction,
  id: string,
  changes: UserChanges,
): Promise<UserRow> {
  const entries = Object.entries(changes).filter(([, value]) => value !== undefined)
  const sets = entries.map(([name], index) => `"${name}" = $${index + 2}`)
  const rows = await writing('updating user', () =>
    transaction.query<UserRow & Record<string, unknown>>(
      `update auth.users set ${[...sets, 'updated_at = now()'].join(', ')} where id = $1 returning *`,
      [id, ...entries.map(([, value]) => value)],
    ),
  )
  if (rows[0] === undefined) throw errors.userNotFound()
  return rows[0]
}

export async function deleteUser(transaction: Transaction, id: string): Promise<void> {
  await writing('deleting user', () => transaction.query('delete from auth.users where id = $1', [id]))
}

/** Columns that readers of the schema expect to be empty strings, not null. */
const blank: UserChanges = {
  confirmation_token: '',
  recovery_token: '',
  email_change_token_new: '',
  email_change_token_current: '',
  email_change: '',
}

async function writing<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (codeOf(error) === '23505') {
      const constraint = (error as { constraint?: string }).constraint ?? ''
      if (constraint === 'users_email_partial_key') throw errors.emailExists()
      if (constraint === 'users_phone_key') throw errors.phoneExists()
      if (constraint === 'users_pkey') throw errors.userExists()
    }
    throw fromPostgres(error, doing)
  }
}
