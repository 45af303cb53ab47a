import type { Call } from '../context.ts'
import { instanceId, type Json, type UserRow } from './rows.ts'
import { viewUsers } from './view.ts'

export interface UserPage {
  readonly users: readonly Json[]
  readonly total: number
}

/** A page of the users of the audience, newest first; `filter` is looked for in email and full name. */
export async function listUsers(
  call: Call,
  { page, perPage, filter, ascending }: { page: number; perPage: number; filter: string; ascending: boolean },
): Promise<UserPage> {
  const where = `instance_id = $1 and aud = $2 and
    ($3 = '' or email like '%' || $3 || '%' or raw_user_meta_data ->> 'full_name' ilike '%' || $3 || '%')`
  const values = [instanceId, call.audience, filter]
  return call.database.run(async transaction => {
    const counted = await transaction.query<{ total: number }>(
      `select count(*)::int as total from auth.users where ${where}`,
      values,
    )
    const order = ascending ? 'asc' : 'desc'
    const rows = await transaction.query<UserRow & Record<string, unknown>>(
      `select * from auth.users where ${where} order by created_at ${order}, id ${order} limit $4 offset $5`,
      [...values, perPage, (page - 1) * perPage],
    )
    return { users: await viewUsers(transaction, rows), total: counted[0]?.total ?? 0 }
  })
}
