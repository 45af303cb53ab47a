import type { FastifyInstance, FastifyRequest } from '#http'
import { callOf } from '../context.ts'
import { errors } from '../errors.ts'
import { challengeFactor } from '../mfa/challenge.ts'
import { enrollFactor } from '../mfa/enroll.ts'
import { unenrollFactor } from '../mfa/unenroll.ts'
import { verifyFactor } from '../mfa/verify.ts'
import { isUuid, personOf } from '../sessions/authenticate.ts'
import { bodyOf, optionalBodyOf } from './body.ts'

/** Second factors of the user that the token is of. */
export function factorRoutes(app: FastifyInstance): void {
  app.post('/factors', async request => {
    const call = callOf(request)
    const claims = await personOf(call)
    const body = bodyOf(request)
    return enrollFactor(call, claims, {
      kind: body.text('factor_type'),
      name: body.text('friendly_name'),
      issuer: body.text('issuer'),
      phone: body.text('phone'),
    })
  })

  app.post('/factors/:id/challenge', async request => {
    const call = callOf(request)
    const claims = await personOf(call)
    call.limits.check(request, 'factor_challenge')
    return challengeFactor(call, claims, factorIdOf(request), optionalBodyOf(request).text('channel'))
  })

  app.post('/factors/:id/verify', async request => {
    const call = callOf(request)
    const claims = await personOf(call)
    call.limits.check(request, 'factor_verify')
    const body = bodyOf(request)
    const challengeId = body.text('challenge_id')
    if (!isUuid(challengeId)) throw errors.badRequest('challenge_id must be an UUID')
    return verifyFactor(call, claims, factorIdOf(request), {
      challengeId,
      code: body.text('code'),
      webauthn: body.object('webauthn'),
    })
  })

  app.delete('/factors/:id', async request => {
    const call = callOf(request)
    return unenrollFactor(call, await personOf(call), factorIdOf(request))
  })
}

function factorIdOf(request: FastifyRequest): string {
  const { id } = request.params as { id: string }
  if (!isUuid(id)) throw errors.factorIdInvalid()
  return id
}
