import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import { grantSession } from '../sessions/grant.ts'
import { createUser } from './create.ts'
import type { Json } from './rows.ts'

/** A user without email, password or identity; one that sets an email later keeps its id. */
export async function signUpAnonymously(call: Call, data: Json): Promise<Json> {
  return call.database.run(async transaction => {
    const user = await createUser(call, transaction, {
      encrypted_password: '',
      raw_app_meta_data: {},
      raw_user_meta_data: data,
      is_anonymous: true,
    })
    await audit(call, transaction, user, 'user_signedup', { provider: 'anonymous' })
    return grantSession(call, transaction, user, { method: 'anonymous', provider: 'anonymous' })
  })
}
