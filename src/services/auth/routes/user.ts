import type { FastifyInstance } from '#http'
import { callOf } from '../context.ts'
import { errors } from '../errors.ts'
import { claimsOf, isForAudience, personOf, signedIn } from '../sessions/authenticate.ts'
import { changeOwnUser } from '../users/change-own.ts'
import { viewUser } from '../users/view.ts'
import { flowOf } from '../verify/flows.ts'
import { redirectOf } from '../verify/redirects.ts'
import { bodyOf } from './body.ts'

/** The user that the token is of: look and change. */
export function userRoutes(app: FastifyInstance): void {
  app.get('/user', async request => {
    const call = callOf(request)
    const claims = await claimsOf(call)
    return call.database.run(async transaction => {
      const { user } = await signedIn(transaction, claims)
      if (!isForAudience(call, claims)) {
        throw errors.badRequest("Token audience doesn't match request audience")
      }
      return viewUser(transaction, user)
    })
  })

  app.put('/user', async request => {
    const call = callOf(request)
    const claims = await claimsOf(call)
    call.limits.check(request, 'user')
    const body = bodyOf(request)
    if (['email', 'phone', 'password'].some(name => body.optionalText(name))) await personOf(call)
    return changeOwnUser(call, claims, {
      email: body.text('email'),
      phone: body.text('phone'),
      password: body.optionalText('password'),
      nonce: body.text('nonce'),
      currentPassword: body.text('current_password'),
      channel: body.text('channel'),
      data: body.object('data'),
      appData: body.object('app_metadata'),
      flow: flowOf(body),
      redirectTo: redirectOf(call),
    })
  })
}
