import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import { grantSession } from '../sessions/grant.ts'
import type { Json } from './rows.ts'
import { insertUser } from './store.ts'

/** A user without email, password or identity; one that sets an email later keeps its id. */
export async function signUpAnonymously(call: Call, data: Json): Promise<Json> {
  if (!call.settings.anonymousEnabled) throw errors.anonymousDisabled()
  return call.database.run(async transaction => {
    const user = await insertUser(transaction, {
      aud: call.audience,
      role: call.settings.jwt.defaultRole,
      encrypted_password: '',
      raw_app_meta_data: {},
      raw_user_meta_data: data,
      is_anonymous: true,
    })
    await audit(transaction, user, 'user_signedup', call.ip, { provider: 'anonymous' })
    return grantSession(call, transaction, user, 'anonymous', 'anonymous')
  })
}
