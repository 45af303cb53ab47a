import type { FastifyInstance } from '#http'
import { type Call, callOf } from '../context.ts'
import { errors } from '../errors.ts'
import { grantSession } from '../sessions/grant.ts'
import { refreshSession } from '../sessions/refresh.ts'
import { passwordMatches } from '../users/passwords.ts'
import type { Json } from '../users/rows.ts'
import { checkPhone, isBanned } from '../users/rules.ts'
import { findUserByEmail, findUserById, findUserByPhone } from '../users/store.ts'
import { redeemCode } from '../verify/flows.ts'
import { type Body, bodyOf, queryOf } from './body.ts'

/** POST /token?grant_type=…: from something that proves who one is to a session. */
export function tokenRoutes(app: FastifyInstance): void {
  app.post('/token', async (request, reply) => {
    const grant = queryOf(request, 'grant_type')
    const call = callOf(request)
    reply.header('cache-control', 'no-store')
    switch (grant) {
      case 'password':
        return passwordGrant(call, bodyOf(request))
      case 'refresh_token': {
        const token = bodyOf(request).text('refresh_token')
        if (token === '') throw errors.badRequest('refresh_token required')
        return refreshSession(call, token)
      }
      case 'pkce':
        return codeGrant(call, bodyOf(request))
      case 'id_token':
        throw errors.notBuilt('Signing in with an id token')
      default:
        throw errors.unsupportedGrant(grant)
    }
  })
}

async function passwordGrant(call: Call, body: Body): Promise<Json> {
  const email = body.text('email')
  const phone = body.text('phone')
  const password = body.text('password')
  const { settings, database } = call
  if (email !== '' && phone !== '') {
    throw errors.badRequest('Only an email address or phone number should be provided on login.')
  }
  if (email === '' && phone === '') throw errors.badRequest('missing email or phone')
  if (email !== '' && !settings.email.enabled) throw errors.emailDisabled('logins')
  if (phone !== '' && !settings.phone.enabled) throw errors.phoneDisabled('logins')

  const user = await database.run(transaction =>
    email !== ''
      ? findUserByEmail(transaction, email, call.audience)
      : findUserByPhone(transaction, checkPhone(phone), call.audience),
  )
  // No connection is held while the hash is computed.
  if (!(await passwordMatches(password, user?.encrypted_password)) || !user) {
    throw errors.invalidCredentials()
  }
  if (isBanned(user, call.clock.now())) throw errors.userBanned()
  if (email !== '' && user.email_confirmed_at === null && !settings.allowUnverifiedEmail) {
    throw errors.emailNotConfirmed()
  }
  if (phone !== '' && user.phone_confirmed_at === null) throw errors.phoneNotConfirmed()
  return database.run(transaction =>
    grantSession(call, transaction, user, 'password', email !== '' ? 'email' : 'phone'),
  )
}

/** The second half of a PKCE flow: the code of a link, and what its challenge was made of. */
async function codeGrant(call: Call, body: Body): Promise<Json> {
  const code = body.text('auth_code')
  const verifier = body.text('code_verifier')
  if (code === '' || verifier === '') {
    throw errors.badRequest('invalid request: both auth code and code verifier should be non-empty')
  }
  return call.database.run(async transaction => {
    const { userId, method } = await redeemCode(call, transaction, code, verifier)
    const user = await findUserById(transaction, userId)
    if (!user) throw errors.flowStateNotFound()
    if (isBanned(user, call.clock.now())) throw errors.userBanned()
    return grantSession(call, transaction, user, method)
  })
}
