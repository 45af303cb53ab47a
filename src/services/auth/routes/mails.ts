import type { FastifyInstance } from '#http'
import { type Call, callOf } from '../context.ts'
import { errors } from '../errors.ts'
import { requestConfirmationAgain } from '../mail/again.ts'
import { requestReauthentication } from '../mail/reauthenticate.ts'
import { requestRecovery } from '../mail/recover.ts'
import { requestMagicLink } from '../mail/sign-in-link.ts'
import { requestCodeAgain, requestSignInCode } from '../phone/sign-in-code.ts'
import { claimsOf } from '../sessions/authenticate.ts'
import { checkEmail } from '../users/rules.ts'
import { flowOf } from '../verify/flows.ts'
import { redirectOf } from '../verify/redirects.ts'
import { type Body, bodyOf } from './body.ts'
import { guard } from './guard.ts'

/** Requests that end in an email. The answer is the same whether or not somebody has the address. */
export function mailRoutes(app: FastifyInstance): void {
  app.post('/recover', async request => {
    const call = callOf(request)
    const body = bodyOf(request)
    await guard(call, 'recover', body)
    if (!call.settings.email.enabled) throw errors.emailDisabled('logins')
    if (body.text('email') === '') throw errors.badRequest('Password recovery requires an email')
    const email = checkEmail(body.text('email'))
    await requestRecovery(call, email, options(call, body))
    return {}
  })

  app.post('/magiclink', async request => {
    const call = callOf(request)
    const body = bodyOf(request)
    await guard(call, 'magiclink', body)
    return magicLink(call, body)
  })

  app.post('/otp', async request => {
    const call = callOf(request)
    const body = bodyOf(request)
    await guard(call, 'otp', body)
    if (body.text('email') !== '' && body.text('phone') !== '') {
      throw errors.badRequest('Only an email address or phone number should be provided')
    }
    if (body.text('email') !== '' && body.text('channel') !== '') {
      throw errors.badRequest('Channel should only be specified with Phone OTP')
    }
    if (body.text('phone') !== '') {
      return requestSignInCode(call, {
        phone: body.text('phone'),
        channel: body.text('channel'),
        createUser: body.flag('create_user') ?? true,
        data: body.object('data') ?? {},
      })
    }
    if (body.text('email') === '') throw errors.badRequest('One of email or phone must be set')
    return magicLink(call, body)
  })

  app.post('/resend', async request => {
    const call = callOf(request)
    const body = bodyOf(request)
    await guard(call, 'resend', body)
    const type = body.text('type')
    if (!['signup', 'email_change', 'sms', 'phone_change'].includes(type)) {
      throw errors.badRequest('Missing one of these types: signup, email_change, sms, phone_change')
    }
    const [email, phone] = [body.text('email'), body.text('phone')]
    if (type === 'signup' && email === '') throw errors.badRequest('Type provided requires an email address')
    if (type === 'sms' && phone === '') throw errors.badRequest('Type provided requires a phone number')
    if (email !== '' && phone !== '') {
      throw errors.badRequest('Only an email address or phone number should be provided.')
    }
    if (email === '' && phone === '') throw errors.badRequest('Missing email address or phone number')
    if (type === 'sms' || type === 'phone_change') {
      if (phone === '') throw errors.badRequest('Type provided requires a phone number')
      return requestCodeAgain(call, type, phone)
    }
    if (email === '') throw errors.badRequest('Type provided requires an email address')
    await requestConfirmationAgain(
      call,
      type === 'signup' ? 'signup' : 'email_change',
      checkEmail(email),
      options(call, body),
    )
    return {}
  })

  app.get('/reauthenticate', async request => {
    const call = callOf(request)
    await requestReauthentication(call, await claimsOf(call))
    return {}
  })
}

async function magicLink(call: Call, body: Body): Promise<object> {
  if (!call.settings.email.enabled) throw errors.emailDisabled('logins', 422)
  if (!call.settings.email.magicLink) throw errors.magicLinkDisabled()
  if (body.text('email') === '') throw errors.validation('Password recovery requires an email')
  const email = checkEmail(body.text('email'))
  await requestMagicLink(call, email, {
    ...options(call, body),
    createUser: body.flag('create_user') ?? true,
    data: body.object('data') ?? {},
  })
  return {}
}

function options(call: Call, body: Body) {
  return { flow: flowOf(body), redirectTo: redirectOf(call) }
}
