import type { FastifyInstance } from '#http'
import { type Call, callOf } from '../context.ts'
import { errors } from '../errors.ts'
import { idTokenGrant } from '../external/id-token.ts'
import { personOf, signedIn } from '../sessions/authenticate.ts'
import { grantSession } from '../sessions/grant.ts'
import { passwordGrant } from '../sessions/password-grant.ts'
import { refreshSession } from '../sessions/refresh.ts'
import type { Json } from '../users/rows.ts'
import { isBanned } from '../users/rules.ts'
import { findUserById } from '../users/store.ts'
import { redeemCode } from '../verify/flows.ts'
import { web3Grant } from '../web3/grant.ts'
import { type Body, bodyOf, queryOf } from './body.ts'
import { guard } from './guard.ts'

const grants = ['password', 'refresh_token', 'pkce', 'id_token', 'web3']

/** POST /token?grant_type=…: from something that proves who one is to a session. */
export function tokenRoutes(app: FastifyInstance): void {
  app.post('/token', async (request, reply) => {
    const grant = queryOf(request, 'grant_type')
    const call = callOf(request)
    if (!grants.includes(grant)) throw errors.unsupportedGrant()
    const body = bodyOf(request)
    reply.header('cache-control', 'no-store')
    switch (grant) {
      case 'password':
        await guard(call, 'token', body)
        return passwordGrant(call, {
          email: body.text('email'),
          phone: body.text('phone'),
          password: body.text('password'),
        })
      case 'refresh_token': {
        call.limits.check(request, 'token')
        const token = body.text('refresh_token')
        if (token === '') throw errors.badRequest('refresh_token required')
        return refreshSession(call, token)
      }
      case 'pkce':
        call.limits.check(request, 'token')
        return codeGrant(call, body)
      case 'id_token':
        await guard(call, 'token', body)
        return byIdToken(call, body)
      default:
        await guard(call, 'web3', body)
        return web3Grant(call, {
          chain: body.text('chain'),
          message: body.text('message'),
          signature: body.text('signature'),
        })
    }
  })
}

async function byIdToken(call: Call, body: Body): Promise<Json> {
  const linking = body.flag('link_identity') ?? false
  if (linking && !call.settings.manualLinking) throw errors.manualLinkingDisabled()
  const linkTo = linking
    ? (await call.database.run(async transaction => signedIn(transaction, await personOf(call)))).user.id
    : undefined
  return idTokenGrant(call, {
    idToken: body.text('id_token'),
    accessToken: body.text('access_token'),
    nonce: body.text('nonce'),
    provider: body.text('provider'),
    clientId: body.text('client_id'),
    issuer: body.text('issuer'),
    linkTo,
  })
}

/** The second half of a PKCE flow: the code of a link, and what its challenge was made of. */
async function codeGrant(call: Call, body: Body): Promise<Json> {
  const code = body.text('auth_code')
  const verifier = body.text('code_verifier')
  if (code === '' || verifier === '') {
    throw errors.badRequest('invalid request: both auth code and code verifier should be non-empty')
  }
  return call.database.run(async transaction => {
    const { userId, method, provider, tokens } = await redeemCode(call, transaction, code, verifier)
    const user = await findUserById(transaction, userId)
    if (!user) throw errors.flowStateNotFound()
    if (isBanned(user, call.clock.now())) throw errors.userBanned()
    return { ...(await grantSession(call, transaction, user, { method, provider })), ...tokens }
  })
}
