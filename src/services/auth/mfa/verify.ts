import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { AuthError, errors } from '../errors.ts'
import { hasHook, rejectionOf, runHook } from '../hooks/hooks.ts'
import { notify } from '../mail/notify.ts'
import type { AccessClaims } from '../sessions/access-tokens.ts'
import { sessionAnswer } from '../sessions/grant.ts'
import { activeRefreshToken, addRefreshToken, revokeRefreshToken } from '../sessions/refresh-tokens.ts'
import { closeSessions, raiseSession } from '../sessions/sessions.ts'
import type { Json, UserRow } from '../users/rows.ts'
import { type ChallengeRow, challengeCodeMatches, closeChallenge, openChallenge } from './challenges.ts'
import { allFactors, type FactorOwner, factorOwner, findFactor, type SecretFactorRow } from './factors.ts'
import { totpMatches } from './totp.ts'
import { webauthnProof } from './webauthn.ts'

export interface FactorAnswer {
  readonly challengeId: string
  readonly code: string
  readonly webauthn: Json | undefined
}

/** How a proof by the factor is called in the token. */
const methods = { totp: 'totp', phone: 'mfa/phone', webauthn: 'mfa/webauthn' } as const

/** Takes the answer to a challenge: the session is at aal2 then, and all that are not end. Codes can be guessed 30 times in five minutes. */
export async function verifyFactor(
  call: Call,
  claims: AccessClaims,
  factorId: string,
  answer: FactorAnswer,
): Promise<Json> {
  return call.limits.guess(
    `factor:${factorId}`,
    () => verify(call, claims, factorId, answer),
    error => error instanceof AuthError && wrongAnswers.includes(error.errorCode),
  )
}

const wrongAnswers = ['mfa_verification_failed', 'mfa_verification_rejected', 'otp_expired']

async function verify(
  call: Call,
  claims: AccessClaims,
  factorId: string,
  answer: FactorAnswer,
): Promise<Json> {
  // Refusals that leave something behind are returned out of the transaction, not thrown.
  const result = await call.database.run<Json | AuthError>(async transaction => {
    const owner = await factorOwner(transaction, claims)
    const factor = await findFactor(transaction, owner.user.id, factorId)
    const kind = factor.factor_type
    if (!call.settings.mfa.kinds[kind].verify) throw errors.factorKindDisabled(kind, 'verify')
    await checkAssurance(transaction, owner, factor)
    const challenge = await openChallenge(call, transaction, factor.id, answer.challengeId)
    const wrong = await prove(call, transaction, owner.user, factor, challenge, answer)
    const rejection = await rejectedByHook(call, transaction, owner.user, factor, wrong === undefined)
    if (rejection !== undefined) {
      await closeSessions(transaction, owner.user.id, 'all')
      return errors.factorRejected(rejection)
    }
    if (wrong !== undefined) return wrong
    await closeChallenge(call, transaction, challenge.id)
    await audit(call, transaction, owner.user, 'verification_attempted', {
      factor_id: factor.id,
      challenge_id: challenge.id,
      factor_type: kind,
    })
    return raise(call, transaction, owner, factor)
  })
  if (result instanceof Error) throw result
  return result
}

/**
 * Somebody with the password alone must not finish a factor of their own beside one that counts, wherever they began it: with it they would
 * pass for somebody with both.
 */
async function checkAssurance(
  transaction: Transaction,
  { user, session }: FactorOwner,
  factor: SecretFactorRow,
): Promise<void> {
  if (factor.status === 'verified' || session.aal === 'aal2') return
  const factors = await allFactors(transaction, user.id)
  if (factors.some(one => one.status === 'verified')) {
    throw errors.insufficientAal('required to enroll a new factor')
  }
}

/** Undefined: proved. */
async function prove(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  factor: SecretFactorRow,
  challenge: ChallengeRow,
  answer: FactorAnswer,
): Promise<AuthError | undefined> {
  switch (factor.factor_type) {
    case 'totp':
      if (totpMatches(factor.secret ?? '', answer.code, call.clock.now())) return undefined
      return errors.factorCodeWrong('TOTP')
    case 'phone': {
      if (call.sms.check && !hasHook(call, 'send_sms')) {
        return (await call.sms.check(factor.phone ?? '', answer.code)) ? undefined : errors.otpExpired()
      }
      return challengeCodeMatches(challenge, answer.code) ? undefined : errors.factorCodeWrong('MFA Phone')
    }
    case 'webauthn':
      return webauthnProof(call, transaction, user, factor, challenge, answer.webauthn)
  }
}

async function rejectedByHook(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  factor: SecretFactorRow,
  valid: boolean,
): Promise<string | undefined> {
  const output = await runHook(call, transaction, 'mfa_verification_attempt', {
    user_id: user.id,
    factor_id: factor.id,
    factor_type: factor.factor_type,
    valid,
  })
  return rejectionOf(output, 'Further MFA verification attempts will be rejected.')
}

async function raise(
  call: Call,
  transaction: Transaction,
  { user, session }: FactorOwner,
  factor: SecretFactorRow,
): Promise<Json> {
  const kind = factor.factor_type
  if (factor.status !== 'verified') {
    await transaction.query(
      "update auth.mfa_factors set status = 'verified', updated_at = now() where id = $1",
      [factor.id],
    )
    notify(call, transaction, user, 'mfa_factor_enrolled_notification', { FactorType: kind })
  }
  const raised = await raiseSession(transaction, session.id, factor.id, methods[kind])
  const current = await activeRefreshToken(transaction, session.id)
  if (current) await revokeRefreshToken(transaction, current.id)
  const refreshToken = await addRefreshToken(transaction, user.id, session.id, current?.token)
  await closeSessions(transaction, user.id, 'aal1')
  await transaction.query(
    "delete from auth.mfa_factors where user_id = $1 and factor_type = $2 and status = 'unverified'",
    [user.id, kind],
  )
  return sessionAnswer(call, transaction, user, raised, refreshToken, methods[kind])
}
