import { codeOf, HangarError } from '#kernel'
import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { type AuthError, errors } from '../errors.ts'
import { notify } from '../mail/notify.ts'
import { sendEmailChange } from '../mail/send.ts'
import type { AccessClaims } from '../sessions/access-tokens.ts'
import { signedIn } from '../sessions/authenticate.ts'
import { insertIdentity } from '../users/identities.ts'
import type { UserRow } from '../users/rows.ts'
import { findUserByEmail, findUserById, updateUser } from '../users/store.ts'
import { userIdentities, withProviders } from './account.ts'
import { findIdentity } from './linking.ts'
import type { ExternalProfile } from './profile.ts'

/** Adds an identity to somebody who is signed in. A refusal that must be committed (a confirmation was sent) is returned. */
export async function linkIdentity(
  call: Call,
  transaction: Transaction,
  userId: string,
  provider: string,
  { claims, emails }: ExternalProfile,
): Promise<UserRow | AuthError> {
  const target = await findUserById(transaction, userId)
  if (!target) throw errors.userNotFound()
  const existing = await findIdentity(transaction, provider, claims.sub)
  if (existing) throw errors.identityTaken(existing.user_id !== target.id)
  await insertIdentity(transaction, target.id, provider, claims)
  const user = await withProviders(transaction, target)
  const email = emails.find(one => one.primary) ?? emails[0]
  if (user.email || !email) return user
  const address = email.email.toLowerCase()
  if (await findUserByEmail(transaction, address, user.aud ?? call.audience)) throw errors.emailExists()
  if (!email.verified) {
    // Until it is proved the account has no address: its tokens would name somebody else's.
    const { siteUrl } = call.settings
    await sendEmailChange(call, transaction, user, address, { flow: undefined, redirectTo: siteUrl })
    return errors.linkedEmailUnverified(provider)
  }
  return updateUser(transaction, user.id, {
    email: address,
    email_confirmed_at: new Date(call.clock.now()),
    is_anonymous: false,
  })
}

/** Takes an identity from its owner; the last one stays. */
export async function unlinkIdentity(call: Call, claims: AccessClaims, identityId: string): Promise<void> {
  await call.database.run(async transaction => {
    const { user } = await signedIn(transaction, claims)
    await transaction.query('select from auth.users where id = $1 for update', [user.id])
    const identities = await userIdentities(transaction, user.id)
    if (identities.length <= 1) throw errors.lastIdentity()
    const identity = identities.find(one => one.id === identityId)
    if (!identity) throw errors.identityNotFound()
    await audit(call, transaction, user, 'identity_unlinked', {
      identity_id: identity.id,
      provider: identity.provider,
      provider_id: identity.provider_id,
    })
    await transaction.query('delete from auth.identities where id = $1', [identity.id])
    const left = identities.filter(one => one !== identity)
    const changed =
      identity.provider === 'phone'
        ? await updateUser(transaction, user.id, { phone: null, phone_confirmed_at: null })
        : await emailOf(
            transaction,
            user,
            left.map(one => one.identity_data),
          )
    await withProviders(transaction, changed)
    notify(call, transaction, user, 'identity_unlinked_notification', { Provider: identity.provider })
  })
}

/** The account's email is one of its identities': when that went, another that was proved takes its place. */
async function emailOf(
  transaction: Transaction,
  user: UserRow,
  left: readonly Record<string, unknown>[],
): Promise<UserRow> {
  const emails = left.map(one => ({
    email: String(one['email'] ?? '').toLowerCase(),
    verified: one['email_verified'] === true,
  }))
  if (emails.some(one => one.email === user.email)) return user
  const next = emails.find(one => one.email !== '' && one.verified)
  try {
    return await updateUser(transaction, user.id, {
      email: next?.email ?? null,
      email_confirmed_at: next ? (user.email_confirmed_at ?? new Date()) : null,
    })
  } catch (error) {
    const taken =
      error instanceof HangarError ? error.code === 'HGR_AUTH_EMAIL_EXISTS' : codeOf(error) === '23505'
    throw taken ? errors.identityEmailConflict(error) : error
  }
}
