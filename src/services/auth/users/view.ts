import type { Transaction } from '../database/database.ts'
import { factorsOf, identitiesOf } from './identities.ts'
import type { FactorRow, IdentityRow, Json, UserRow } from './rows.ts'

/** Users as clients see them. */
export async function viewUsers(transaction: Transaction, users: readonly UserRow[]): Promise<Json[]> {
  if (users.length === 0) return []
  const ids = users.map(user => user.id)
  const identities = await identitiesOf(transaction, ids)
  const factors = await factorsOf(transaction, ids)
  return users.map(user => userView(user, identities.get(user.id) ?? [], factors.get(user.id) ?? []))
}

export async function viewUser(transaction: Transaction, user: UserRow): Promise<Json> {
  return (await viewUsers(transaction, [user]))[0] as Json
}

/** Times that are not set and changes that are not under way are left out. */
export function userView(
  user: UserRow,
  identities: readonly IdentityRow[],
  factors: readonly FactorRow[],
): Json {
  return {
    id: user.id,
    aud: user.aud ?? '',
    role: user.role ?? '',
    email: user.email ?? '',
    email_confirmed_at: user.email_confirmed_at ?? undefined,
    invited_at: user.invited_at ?? undefined,
    phone: user.phone ?? '',
    phone_confirmed_at: user.phone_confirmed_at ?? undefined,
    confirmation_sent_at: user.confirmation_sent_at ?? undefined,
    confirmed_at: user.confirmed_at ?? undefined,
    recovery_sent_at: user.recovery_sent_at ?? undefined,
    new_email: user.email_change || undefined,
    email_change_sent_at: user.email_change_sent_at ?? undefined,
    new_phone: user.phone_change || undefined,
    phone_change_sent_at: user.phone_change_sent_at ?? undefined,
    reauthentication_sent_at: user.reauthentication_sent_at ?? undefined,
    last_sign_in_at: user.last_sign_in_at ?? undefined,
    app_metadata: user.raw_app_meta_data ?? {},
    user_metadata: user.raw_user_meta_data ?? {},
    factors: factors.length > 0 ? factors.map(factorView) : undefined,
    identities: identities.map(identityView),
    created_at: user.created_at,
    updated_at: user.updated_at,
    banned_until: user.banned_until ?? undefined,
    deleted_at: user.deleted_at ?? undefined,
    is_anonymous: user.is_anonymous,
  }
}

/** `id` is the provider's, `identity_id` the row's. */
function identityView(row: IdentityRow): Json {
  return {
    identity_id: row.id,
    id: row.provider_id,
    user_id: row.user_id,
    identity_data: row.identity_data,
    provider: row.provider,
    last_sign_in_at: row.last_sign_in_at ?? undefined,
    created_at: row.created_at,
    updated_at: row.updated_at,
    email: row.email ?? undefined,
  }
}

export function factorView(row: FactorRow): Json {
  return {
    id: row.id,
    created_at: row.created_at,
    updated_at: row.updated_at,
    friendly_name: row.friendly_name ?? undefined,
    factor_type: row.factor_type,
    status: row.status,
    phone: row.phone ?? undefined,
  }
}
