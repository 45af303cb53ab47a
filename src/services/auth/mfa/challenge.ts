import { randomUUID } from 'node:crypto'
import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import { channelOf, checkInterval, deliver } from '../phone/send-code.ts'
import type { AccessClaims } from '../sessions/access-tokens.ts'
import type { Json, UserRow } from '../users/rows.ts'
import { newOtp } from '../verify/one-time-tokens.ts'
import { hashChallengeCode, saveChallenge } from './challenges.ts'
import { allFactors, factorOwner, findFactor, type SecretFactorRow } from './factors.ts'
import { webauthnOptions } from './webauthn.ts'

/** Asks for the proof of a factor: the answer is checked by `verifyFactor`. */
export async function challengeFactor(
  call: Call,
  claims: AccessClaims,
  factorId: string,
  wantedChannel: string,
): Promise<Json> {
  return call.database.run(async transaction => {
    const { user } = await factorOwner(transaction, claims)
    const factor = await findFactor(transaction, user.id, factorId)
    const kind = factor.factor_type
    if (!call.settings.mfa.kinds[kind].verify) throw errors.factorKindDisabled(kind, 'verify')
    const challenge = await challengeOf(call, transaction, user, factor, wantedChannel)
    await audit(call, transaction, user, 'challenge_created', {
      factor_id: factor.id,
      factor_status: factor.status,
    })
    return { type: kind, ...challenge }
  })
}

async function challengeOf(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  factor: SecretFactorRow,
  wantedChannel: string,
): Promise<Json> {
  switch (factor.factor_type) {
    case 'totp': {
      const { id, expiresAt } = await saveChallenge(call, transaction, factor.id, {})
      return { id, expires_at: expiresAt }
    }
    case 'phone': {
      const { phone: settings } = call.settings.mfa
      const channel = channelOf(call, wantedChannel)
      checkInterval(call, factor.last_challenged_at, settings.intervalMs)
      const otp = newOtp(settings.otpLength)
      await deliver(call, transaction, user, {
        phone: factor.phone ?? '',
        otp,
        channel,
        kind: 'mfa',
        template: settings.template,
      })
      const id = randomUUID()
      const codeHash = hashChallengeCode(id, otp)
      const { expiresAt } = await saveChallenge(call, transaction, factor.id, { id, codeHash })
      return { id, expires_at: expiresAt }
    }
    case 'webauthn': {
      const others = (await allFactors(transaction, user.id)).filter(one => one.web_authn_credential)
      const { type, options } = await webauthnOptions(call, user, factor, others)
      const { id, expiresAt } = await saveChallenge(call, transaction, factor.id, {
        webauthn: { challenge: options.challenge, type },
      })
      return { id, expires_at: expiresAt, webauthn: { type, credential_options: { publicKey: options } } }
    }
  }
}
