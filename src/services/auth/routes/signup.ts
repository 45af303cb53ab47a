import type { FastifyInstance } from '#http'
import { callOf } from '../context.ts'
import { errors } from '../errors.ts'
import { signUpWithPhone } from '../phone/sign-up.ts'
import { signUpWithEmail } from '../users/sign-up.ts'
import { signUpAnonymously } from '../users/sign-up-anonymously.ts'
import { flowOf } from '../verify/flows.ts'
import { redirectOf } from '../verify/redirects.ts'
import { bodyOf } from './body.ts'
import { guard } from './guard.ts'

/** POST /signup: by email or phone, or anonymously without either, whatever else is said. */
export function signupRoutes(app: FastifyInstance): void {
  app.post('/signup', async request => {
    const call = callOf(request)
    const body = bodyOf(request)
    const email = body.text('email')
    const phone = body.text('phone')
    const data = body.object('data') ?? {}
    if (email === '' && phone === '') {
      if (!call.settings.anonymousEnabled) throw errors.anonymousDisabled()
      await guard(call, 'anonymous', body)
      if (call.settings.disableSignup) throw errors.signupDisabled()
      return signUpAnonymously(call, data)
    }
    await guard(call, 'signup', body)
    if (call.settings.disableSignup) throw errors.signupDisabled()
    if (body.text('password') === '') throw errors.badRequest('Signup requires a valid password')
    if (email !== '' && phone !== '') {
      throw errors.badRequest('Only an email address or phone number should be provided on signup.')
    }
    if (phone !== '') {
      if (body.text('code_challenge') !== '') throw errors.badRequest('PKCE not supported for phone signups')
      return signUpWithPhone(call, {
        phone,
        password: body.text('password'),
        data,
        channel: body.text('channel'),
      })
    }
    return signUpWithEmail(call, {
      email,
      password: body.text('password'),
      data,
      flow: flowOf(body),
      redirectTo: redirectOf(call),
    })
  })
}
