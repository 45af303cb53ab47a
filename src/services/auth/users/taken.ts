import { randomUUID } from 'node:crypto'
import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import { passwordMatches } from './passwords.ts'
import type { Json, UserRow } from './rows.ts'
import { userView } from './view.ts'

/** Where somebody signs up: one of the two. */
export type Contact = Pick<UserRow, 'email'> | Pick<UserRow, 'phone'>

/**
 * Where nobody has to prove an address, a row that waits for its proof (of an admin, of an earlier setting) is opened by its own password
 * alone: else whoever knows the address would get the account. Returns its id; undefined when none waits. Throws user_already_exists.
 */
export async function waitingRow(
  call: Call,
  row: UserRow | undefined,
  confirmedAt: Date | null | undefined,
  password: string,
): Promise<string | undefined> {
  if (!row || confirmedAt !== null) return undefined
  if (!(await passwordMatches(call.database, password, row.encrypted_password))) throw errors.userExists()
  return row.id
}

/** What a new user would look like, for a contact that is taken: no identities, a made-up id. */
export function pretendedUser(call: Call, contact: Contact, data: Json): Json {
  const now = new Date(call.clock.now())
  const provider = 'email' in contact ? 'email' : 'phone'
  const user: Partial<UserRow> = {
    id: randomUUID(),
    aud: call.audience,
    role: '',
    ...contact,
    confirmation_sent_at: now,
    raw_app_meta_data: { provider, providers: [provider] },
    raw_user_meta_data: data,
    created_at: now,
    updated_at: now,
    is_anonymous: false,
  }
  return userView(user as UserRow, [], [])
}
