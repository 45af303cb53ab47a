import { randomUUID } from 'node:crypto'
import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import type { AccessClaims } from '../sessions/access-tokens.ts'
import type { FactorKind } from '../settings/mfa.ts'
import type { Json } from '../users/rows.ts'
import { checkPhone } from '../users/rules.ts'
import { allFactors, dropExpiredFactors, type FactorOwner, factorOwner, insertFactor } from './factors.ts'
import { qrSvg } from './qr.ts'
import { newTotpSecret, totpUri } from './totp.ts'

export interface Enrolment {
  readonly kind: string
  readonly name: string
  /** What an authenticator app shows. Default: the site's host. */
  readonly issuer: string
  readonly phone: string
}

/** Begins a second factor; it counts once it was verified. */
export async function enrollFactor(call: Call, claims: AccessClaims, wanted: Enrolment): Promise<Json> {
  const { kinds } = call.settings.mfa
  if (!Object.hasOwn(kinds, wanted.kind)) throw errors.factorKindUnknown()
  const kind = wanted.kind as FactorKind
  if (!kinds[kind].enroll) throw errors.factorKindDisabled(kind, 'enroll')
  return call.database.run(async transaction => {
    const owner = await factorOwner(transaction, claims)
    // Two enrolments at a time are counted one after the other.
    await transaction.query('select from auth.users where id = $1 for update', [owner.user.id])
    await dropExpiredFactors(call, transaction, owner.user.id)
    const phone = kind === 'phone' ? await freePhone(transaction, owner, wanted.phone) : undefined
    await checkRoom(call, transaction, owner, wanted.name)
    const id = randomUUID()
    const secret = kind === 'totp' ? newTotpSecret() : undefined
    await insertFactor(transaction, {
      id,
      userId: owner.user.id,
      kind,
      name: wanted.name,
      ...(secret !== undefined && { secret }),
      ...(phone !== undefined && { phone }),
    })
    await audit(call, transaction, owner.user, 'factor_in_progress', { factor_id: id, factor_type: kind })
    return {
      id,
      type: kind,
      friendly_name: wanted.name,
      ...(secret !== undefined && { totp: await totpOf(call, owner, wanted.issuer, secret) }),
      ...(phone !== undefined && { phone: wanted.phone }),
    }
  })
}

async function totpOf(
  call: Call,
  { user }: FactorOwner,
  wantedIssuer: string,
  secret: string,
): Promise<Json> {
  const { siteUrl } = call.settings
  const issuer = wantedIssuer || (URL.canParse(siteUrl) ? new URL(siteUrl).host : siteUrl)
  const uri = totpUri(issuer, user.email || user.phone || user.id, secret)
  return { qr_code: await qrSvg(uri), secret, uri }
}

/** An unfinished enrolment of the same number gives way. */
async function freePhone(transaction: Transaction, { user }: FactorOwner, given: string): Promise<string> {
  if (given === '') throw errors.badRequest('Phone number required to enroll Phone factor')
  const phone = checkPhone(given)
  for (const factor of await allFactors(transaction, user.id)) {
    if (factor.phone !== phone) continue
    if (factor.status === 'verified') throw errors.factorPhoneTaken()
    await transaction.query('delete from auth.mfa_factors where id = $1', [factor.id])
  }
  return phone
}

async function checkRoom(
  call: Call,
  transaction: Transaction,
  { user, session }: FactorOwner,
  name: string,
): Promise<void> {
  const factors = await allFactors(transaction, user.id)
  const { maxEnrolled, maxVerified } = call.settings.mfa
  const verified = factors.filter(factor => factor.status === 'verified').length
  if (factors.some(factor => (factor.friendly_name ?? '') === name)) throw errors.factorNameTaken(name)
  if (factors.length >= maxEnrolled || verified >= maxVerified) throw errors.tooManyFactors()
  if (verified > 0 && session.aal !== 'aal2') throw errors.insufficientAal('required to enroll a new factor')
}
