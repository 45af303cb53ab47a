import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { type AuthError, errors } from '../errors.ts'
import { sendMail } from '../mail/send.ts'
import { createUser } from '../users/create.ts'
import { identitiesOf, insertIdentity } from '../users/identities.ts'
import type { IdentityRow, Json, UserRow } from '../users/rows.ts'
import { isBanned } from '../users/rules.ts'
import { findUserById, updateUser } from '../users/store.ts'
import { decideLinking } from './linking.ts'
import type { ExternalProfile } from './profile.ts'

/**
 * The user of an identity at a provider: the one who has it, else one with the same verified email, else a new one. Returns a refusal that
 * must be committed (a confirmation was sent) instead of throwing it.
 */
export async function accountOf(
  call: Call,
  transaction: Transaction,
  provider: { readonly name: string; readonly emailOptional: boolean },
  profile: ExternalProfile,
): Promise<UserRow | AuthError> {
  const { name } = provider
  const sso = name.startsWith('sso:')
  const { settings } = call
  const decision = await decideLinking(call, transaction, name, profile)
  let user: UserRow
  if (decision.kind === 'exists') {
    await transaction.query(
      'update auth.identities set identity_data = $2, last_sign_in_at = now(), updated_at = now() where id = $1',
      [decision.identity.id, profile.claims],
    )
    user = await withMetadata(transaction, decision.user, profile.claims)
  } else if (decision.kind === 'link') {
    await insertIdentity(transaction, decision.user.id, name, profile.claims)
    user = await withMetadata(transaction, decision.user, profile.claims)
  } else {
    if (settings.disableSignup) throw errors.signupDisabled()
    user = await createUser(call, transaction, {
      email: decision.email?.email.toLowerCase() || null,
      encrypted_password: null,
      is_sso_user: sso,
      raw_app_meta_data: { provider: name, providers: [name] },
      raw_user_meta_data: profile.claims,
    })
    await insertIdentity(transaction, user.id, name, profile.claims)
  }
  if (isBanned(user, call.clock.now())) throw errors.bannedHere()
  user = await withProviders(transaction, user)
  // A phone proves nothing about the address by which somebody was found.
  const byPhone = decision.kind !== 'link' && user.phone_confirmed_at !== null
  if (user.email_confirmed_at !== null || byPhone) return user
  // Without an address there is nothing to confirm, and nothing that somebody else could have claimed before.
  if (!user.email && provider.emailOptional) return user
  if (decision.kind === 'link') await endUnconfirmed(transaction, user)
  user = await withoutUnconfirmed(transaction, user, name, profile.claims)
  const email = decision.kind === 'create' ? decision.email : profile.emails.find(one => one.primary)
  if (email?.verified || sso || settings.email.autoconfirm) {
    await audit(call, transaction, user, 'user_signedup', { provider: name })
    return confirmed(call, transaction, user)
  }
  if (user.email) {
    user = await sendMail(call, transaction, user, 'confirmation', {
      flow: undefined,
      redirectTo: settings.siteUrl,
    })
  }
  if (settings.allowUnverifiedEmail) return user
  return errors.providerEmailUnverified(name, Boolean(user.email))
}

/** An email that a provider vouches for is confirmed, without an identity by email. */
async function confirmed(call: Call, transaction: Transaction, user: UserRow): Promise<UserRow> {
  return updateUser(transaction, user.id, {
    confirmation_token: '',
    email_confirmed_at: new Date(call.clock.now()),
    is_anonymous: false,
  })
}

/**
 * Whoever signed up with this address before never proved that it is theirs. What they left (a password, a phone, other identities) would
 * be a door into the account, so it goes.
 */
async function withoutUnconfirmed(
  transaction: Transaction,
  user: UserRow,
  provider: string,
  claims: Json,
): Promise<UserRow> {
  await transaction.query('delete from auth.identities where user_id = $1 and provider <> $2', [
    user.id,
    provider,
  ])
  await transaction.query('delete from auth.one_time_tokens where user_id = $1', [user.id])
  const cleaned = await updateUser(transaction, user.id, {
    encrypted_password: null,
    phone: null,
    phone_confirmed_at: null,
    raw_user_meta_data: claims,
    confirmation_token: '',
    recovery_token: '',
  })
  return withProviders(transaction, cleaned)
}

/** Whoever is in the account while its address is proved by somebody else is out, with what would let them in again. */
async function endUnconfirmed(transaction: Transaction, user: UserRow): Promise<void> {
  await transaction.query('delete from auth.sessions where user_id = $1', [user.id])
  await transaction.query('delete from auth.mfa_factors where user_id = $1', [user.id])
  await transaction.query('delete from auth.webauthn_credentials where user_id = $1', [user.id])
}

function withMetadata(transaction: Transaction, user: UserRow, claims: Json): Promise<UserRow> {
  return updateUser(transaction, user.id, {
    raw_user_meta_data: { ...user.raw_user_meta_data, ...claims },
  })
}

/** `providers` of app_metadata are those of the identities. */
export async function withProviders(transaction: Transaction, user: UserRow): Promise<UserRow> {
  const identities = await userIdentities(transaction, user.id)
  const providers = [...new Set(identities.map(one => one.provider))]
  const current = user.raw_app_meta_data?.['provider']
  return updateUser(transaction, user.id, {
    raw_app_meta_data: {
      ...user.raw_app_meta_data,
      provider: providers.includes(current as string) ? current : providers[0],
      providers,
    },
  })
}

export async function userIdentities(transaction: Transaction, userId: string): Promise<IdentityRow[]> {
  return (await identitiesOf(transaction, [userId])).get(userId) ?? []
}

/** Accepts an invitation by signing in with a provider that knows the invited address. */
export async function acceptInvite(
  call: Call,
  transaction: Transaction,
  provider: string,
  profile: ExternalProfile,
  token: string,
): Promise<UserRow> {
  const rows = await transaction.query<{ user_id: string }>(
    `select user_id from auth.one_time_tokens where token_hash = $1 and token_type = 'confirmation_token'`,
    [token],
  )
  const user = rows[0] && (await findUserById(transaction, rows[0].user_id))
  if (!user) throw errors.inviteNotFound()
  const matches = profile.emails.some(one => one.email.toLowerCase() === user.email)
  if (!matches) throw errors.badRequest('Invited email does not match emails from external provider')
  await insertIdentity(transaction, user.id, provider, profile.claims)
  await endUnconfirmed(transaction, user)
  const cleaned = await withoutUnconfirmed(transaction, user, provider, profile.claims)
  await audit(call, transaction, user, 'invite_accepted', { provider })
  return confirmed(call, transaction, cleaned)
}
