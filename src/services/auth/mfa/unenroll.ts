import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import { notify } from '../mail/notify.ts'
import type { AccessClaims } from '../sessions/access-tokens.ts'
import type { Json } from '../users/rows.ts'
import { factorOwner, findFactor, removeFactor } from './factors.ts'

/** Gives a factor up. One that counts can only be given up by somebody who proved it. */
export async function unenrollFactor(call: Call, claims: AccessClaims, factorId: string): Promise<Json> {
  return call.database.run(async transaction => {
    const { user, session } = await factorOwner(transaction, claims)
    const factor = await findFactor(transaction, user.id, factorId)
    if (factor.status === 'verified' && session.aal !== 'aal2') {
      throw errors.insufficientAalToUnenroll()
    }
    await removeFactor(transaction, factor)
    await audit(call, transaction, user, 'factor_unenrolled', {
      factor_id: factor.id,
      factor_status: factor.status,
      session_id: session.id,
    })
    if (factor.status === 'verified') {
      notify(call, transaction, user, 'mfa_factor_unenrolled_notification', {
        FactorType: factor.factor_type,
      })
    }
    return { id: factor.id }
  })
}
