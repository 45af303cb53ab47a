import type { FastifyInstance } from '#http'
import { callOf } from '../context.ts'
import { errors } from '../errors.ts'
import { signUpWithEmail } from '../users/sign-up.ts'
import { signUpAnonymously } from '../users/sign-up-anonymously.ts'
import { flowOf } from '../verify/flows.ts'
import { redirectOf } from '../verify/redirects.ts'
import { bodyOf } from './body.ts'

/** POST /signup: by email and password, or without either. */
export function signupRoutes(app: FastifyInstance): void {
  app.post('/signup', async request => {
    const call = callOf(request)
    const body = bodyOf(request)
    const email = body.text('email')
    const phone = body.text('phone')
    const data = body.object('data') ?? {}
    if (call.settings.disableSignup) throw errors.signupDisabled()
    if (email === '' && phone === '' && body.text('password') === '') return signUpAnonymously(call, data)
    if (body.text('password') === '') throw errors.validation('Signup requires a valid password')
    if (email !== '' && phone !== '') {
      throw errors.validation('Only an email address or phone number should be provided on signup.')
    }
    if (phone !== '') {
      if (!call.settings.phone.enabled) throw errors.phoneDisabled('signups')
      throw errors.notBuilt('Signing up by phone')
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
