import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import { closeSessions } from '../sessions/sessions.ts'
import { dropAllOneTimeTokens } from '../verify/one-time-tokens.ts'
import type { AdminValues } from './admin-values.ts'
import { setIdentity } from './identities.ts'
import { checkPassword } from './password-rules.ts'
import { hashPassword, noTokens } from './passwords.ts'
import type { Json } from './rows.ts'
import { merged } from './rules.ts'
import { findUserByEmail, findUserById, findUserByPhone, updateUser } from './store.ts'
import { viewUser } from './view.ts'

/** Changes of an admin take effect at once, without the user's confirmation. A new password signs the user out everywhere. */
export async function updateByAdmin(call: Call, id: string, values: AdminValues): Promise<Json> {
  if (values.password !== undefined) await checkPassword(call, values.password)
  const encrypted =
    values.passwordHash ??
    (values.password === undefined ? undefined : await hashPassword(call.database, values.password))
  const now = new Date(call.clock.now())

  return call.database.run(async transaction => {
    const user = await findUserById(transaction, id)
    if (!user) throw errors.userNotFound()
    const { email, phone } = values
    if (email !== undefined && email !== user.email) {
      const other = await findUserByEmail(transaction, email, user.aud ?? call.audience)
      if (other && other.id !== id) throw errors.emailExists()
    }
    if (phone !== undefined && phone !== user.phone) {
      const other = await findUserByPhone(transaction, phone, user.aud ?? call.audience)
      if (other && other.id !== id) throw errors.phoneExists()
    }
    if (email !== undefined) {
      await setIdentity(transaction, id, 'email', { email, email_verified: values.emailConfirm })
    }
    if (phone !== undefined) {
      await setIdentity(transaction, id, 'phone', { phone, phone_verified: values.phoneConfirm })
    }
    if (encrypted !== undefined) {
      await closeSessions(transaction, id, 'all')
      await dropAllOneTimeTokens(transaction, id)
    }
    const known = (email !== undefined && values.emailConfirm) || (phone !== undefined && values.phoneConfirm)
    const changed = await updateUser(transaction, id, {
      ...(values.role !== undefined && { role: values.role }),
      ...(email !== undefined && { email }),
      ...(phone !== undefined && { phone }),
      ...(known && { is_anonymous: false }),
      ...(encrypted !== undefined && { encrypted_password: encrypted, ...noTokens }),
      ...(values.emailConfirm && {
        email_confirmed_at: user.email_confirmed_at ?? now,
        confirmation_token: '',
      }),
      ...(values.phoneConfirm && { phone_confirmed_at: user.phone_confirmed_at ?? now }),
      ...((values.userMetadata || values.emailConfirm) && {
        raw_user_meta_data: merged(user.raw_user_meta_data, {
          ...(values.emailConfirm && { email_verified: true }),
          ...values.userMetadata,
        }),
      }),
      ...(values.appMetadata && { raw_app_meta_data: merged(user.raw_app_meta_data, values.appMetadata) }),
      ...(values.banMs !== undefined && {
        banned_until: values.banMs === 0 ? null : new Date(now.getTime() + values.banMs),
      }),
    })
    await audit(call, transaction, 'service', 'user_modified', {
      user_id: id,
      user_email: changed.email,
      user_phone: changed.phone,
    })
    return viewUser(transaction, changed)
  })
}
