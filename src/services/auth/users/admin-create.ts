import { randomBytes, randomUUID } from 'node:crypto'
import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import type { AdminValues } from './admin-values.ts'
import { insertIdentity } from './identities.ts'
import { checkLength } from './password-rules.ts'
import { hashPassword } from './passwords.ts'
import type { Json } from './rows.ts'
import { merged } from './rules.ts'
import { findUserByEmail, findUserByPhone, insertUser } from './store.ts'
import { viewUser } from './view.ts'

/** A user made by an admin, who may choose any password; without one nobody can sign in with one. */
export async function createByAdmin(call: Call, values: AdminValues): Promise<Json> {
  const { email, phone } = values
  if (email === undefined && phone === undefined) {
    throw errors.badRequest('Cannot create a user without either an email or phone')
  }
  if (values.password) checkLength(values.password)
  const encrypted =
    values.passwordHash ??
    (await hashPassword(call.database, values.password || randomBytes(32).toString('base64url')))
  const audience = values.aud ?? call.audience
  const providers = [...(email === undefined ? [] : ['email']), ...(phone === undefined ? [] : ['phone'])]
  const now = new Date(call.clock.now())
  const id = values.id ?? randomUUID()

  return call.database.run(async transaction => {
    if (email !== undefined && (await findUserByEmail(transaction, email, audience)))
      throw errors.emailExists()
    if (phone !== undefined && (await findUserByPhone(transaction, phone, audience)))
      throw errors.phoneExists('Phone number already registered by another user')
    const user = await insertUser(transaction, {
      id,
      aud: audience,
      role: values.role ?? call.settings.jwt.defaultRole,
      email: email ?? null,
      phone: phone ?? null,
      encrypted_password: encrypted,
      raw_app_meta_data: merged({ provider: providers[0], providers }, values.appMetadata ?? {}),
      raw_user_meta_data: {
        ...values.userMetadata,
        ...(email !== undefined && values.emailConfirm && { email_verified: true }),
      },
      email_confirmed_at: email !== undefined && values.emailConfirm ? now : null,
      phone_confirmed_at: phone !== undefined && values.phoneConfirm ? now : null,
      banned_until: values.banMs ? new Date(now.getTime() + values.banMs) : null,
    })
    const identity = {
      sub: user.id,
      email_verified: values.emailConfirm,
      phone_verified: values.phoneConfirm,
    }
    if (email !== undefined) await insertIdentity(transaction, user.id, 'email', { ...identity, email })
    if (phone !== undefined) await insertIdentity(transaction, user.id, 'phone', { ...identity, phone })
    await audit(call, transaction, 'service', 'user_signedup', {
      user_id: user.id,
      user_email: user.email,
      user_phone: user.phone,
    })
    return viewUser(transaction, user)
  })
}
