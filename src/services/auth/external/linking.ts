import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import type { IdentityRow, UserRow } from '../users/rows.ts'
import { findUserByEmail, findUserById } from '../users/store.ts'
import type { ExternalEmail, ExternalProfile } from './profile.ts'

export type Linking =
  | { readonly kind: 'exists'; readonly user: UserRow; readonly identity: IdentityRow }
  | { readonly kind: 'link'; readonly user: UserRow }
  | { readonly kind: 'create'; readonly email: ExternalEmail | undefined }

/** Whose an identity is. Only emails that the provider checked link to an account; single sign-on never does. */
export async function decideLinking(
  call: Call,
  transaction: Transaction,
  provider: string,
  { claims, emails }: ExternalProfile,
): Promise<Linking> {
  const identity = await findIdentity(transaction, provider, claims.sub)
  if (identity) {
    const user = await findUserById(transaction, identity.user_id)
    if (!user) throw errors.userNotFound()
    return { kind: 'exists', user, identity }
  }
  const candidate = emails.find(one => one.primary) ?? emails[0]
  if (provider.startsWith('sso:')) return { kind: 'create', email: candidate }
  const trusted = emails
    .filter(one => one.email !== '' && (one.verified || call.settings.email.autoconfirm))
    .map(one => one.email.toLowerCase())
  if (trusted.length === 0) {
    const taken = candidate && (await findUserByEmail(transaction, candidate.email, call.audience))
    return { kind: 'create', email: taken ? undefined : candidate }
  }
  const users = await similarUsers(call, transaction, trusted)
  if (users.length > 1) throw errors.multipleAccounts()
  return users[0] ? { kind: 'link', user: users[0] } : { kind: 'create', email: candidate }
}

export async function findIdentity(
  transaction: Transaction,
  provider: string,
  providerId: string,
): Promise<IdentityRow | undefined> {
  const rows = await transaction.query<IdentityRow & Record<string, unknown>>(
    'select * from auth.identities where provider_id = $1 and provider = $2',
    [providerId, provider],
  )
  return rows[0]
}

/** Whose account it is, or an identity of it that proved the address. Locked, so that nobody changes them while an identity is added. */
async function similarUsers(
  call: Call,
  transaction: Transaction,
  emails: readonly string[],
): Promise<UserRow[]> {
  return await transaction.query<UserRow & Record<string, unknown>>(
    `select u.* from auth.users u
     where u.is_sso_user = false and u.aud = $2 and (
       lower(u.email) = any($1)
       or exists (select 1 from auth.identities i
                  where i.user_id = u.id and i.email = any($1) and i.provider not like 'sso:%'
                    and i.identity_data ->> 'email_verified' = 'true'))
     for update`,
    [emails, call.audience],
  )
}
