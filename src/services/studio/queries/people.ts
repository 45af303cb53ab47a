import type { Reader } from '../database.ts'

export interface User {
  readonly id: string
  readonly email: string | null
  readonly phone: string | null
  readonly role: string | null
  readonly provider: string | null
  readonly confirmedAt: Date | null
  readonly lastSignInAt: Date | null
  readonly createdAt: Date | null
}

/** Users of the auth service, newest first; null when it has made no tables yet. */
export async function listUsers(
  reader: Reader,
  options: { limit: number; offset: number; search?: string | undefined },
): Promise<{ users: User[]; total: number } | null> {
  const there = await reader.query<{ there: boolean }>(
    `select to_regclass('auth.users') is not null as there`,
  )
  if (!there.rows[0]?.there) return null
  // Older and newer auth services differ in columns; absent ones are null.
  const { rows } = await reader.query<{ row: Record<string, unknown>; total: number }>(
    `select to_jsonb(u) as row, count(*) over ()::int as total from auth.users u
     where $3 = '' or u.email ilike '%' || $3 || '%' or u.id::text = $3
     order by u.created_at desc nulls last, u.id limit $1 offset $2`,
    [options.limit, options.offset, (options.search ?? '').replaceAll(/[\\%_]/g, '\\$&')],
  )
  return { users: rows.map(({ row }) => asUser(row)), total: rows[0]?.total ?? 0 }
}

/** Only what is fit to be shown: no hashes, no tokens. */
function asUser(row: Record<string, unknown>): User {
  const pick = (name: string) => (row[name] ?? null) as never
  const metadata = row['raw_app_meta_data'] as { provider?: string } | null
  return {
    id: pick('id'),
    email: pick('email'),
    phone: pick('phone'),
    role: pick('role'),
    provider: metadata?.provider ?? null,
    confirmedAt: (row['email_confirmed_at'] ??
      row['phone_confirmed_at'] ??
      row['confirmed_at'] ??
      null) as never,
    lastSignInAt: pick('last_sign_in_at'),
    createdAt: pick('created_at'),
  }
}
