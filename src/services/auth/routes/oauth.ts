import type { FastifyInstance, FastifyRequest } from '#http'
import { type Call, callOf } from '../context.ts'
import { errors } from '../errors.ts'
import { beginAuthorization, scopes } from '../oauth/authorize.ts'
import { clientValues, clientView, findClient, insertClient } from '../oauth/clients.ts'
import { authorizationDetails, clientSummary, decideAuthorization } from '../oauth/consent.ts'
import { oauthToken } from '../oauth/token.ts'
import { claimsOf, isUuid, signedIn } from '../sessions/authenticate.ts'
import { bodyOf, optionalBodyOf, queryOf } from './body.ts'

/** This service as an OAuth 2.1 server: programs ask, users consent. */
export function oauthRoutes(app: FastifyInstance): void {
  app.get('/oauth/authorize', async (request, reply) => {
    const call = oauthCall(request)
    return reply.redirect(await beginAuthorization(call, name => queryOf(request, name)), 302)
  })

  app.get('/oauth/authorizations/:id', async request => {
    const call = oauthCall(request)
    return authorizationDetails(call, await claimsOf(call), (request.params as { id: string }).id)
  })

  app.post('/oauth/authorizations/:id/consent', async request => {
    const call = oauthCall(request)
    const action = bodyOf(request).text('action')
    if (action !== 'approve' && action !== 'deny') throw errors.badRequest('action must be approve or deny')
    return decideAuthorization(call, await claimsOf(call), (request.params as { id: string }).id, action)
  })

  app.post('/oauth/token', async (request, reply) => {
    const call = oauthCall(request)
    call.limits.check(request, 'token')
    const body = optionalBodyOf(request)
    reply.header('cache-control', 'no-store')
    return oauthToken(call, name => body.text(name))
  })

  app.post('/oauth/clients/register', async (request, reply) => {
    const call = oauthCall(request)
    if (!call.settings.oauthServer.dynamicRegistration) throw errors.oauthRegistrationDisabled()
    call.limits.check(request, 'oauth_register')
    const values = clientValues(bodyOf(request))
    const { client, secret } = await call.database.run(transaction =>
      insertClient(transaction, values, 'dynamic'),
    )
    return reply.status(201).send(clientView(client, secret))
  })

  app.get('/user/oauth/grants', async request => {
    const call = oauthCall(request)
    const claims = await claimsOf(call)
    return call.database.run(async transaction => {
      const { user } = await signedIn(transaction, claims)
      const rows = await transaction.query<{ client_id: string; scopes: string; granted_at: Date }>(
        `select client_id, scopes, granted_at from auth.oauth_consents
         where user_id = $1 and revoked_at is null order by granted_at desc`,
        [user.id],
      )
      const grants = []
      for (const row of rows) {
        const client = clientSummary(await findClient(transaction, row.client_id))
        grants.push({ client, scopes: row.scopes.split(' '), granted_at: row.granted_at })
      }
      return grants
    })
  })

  app.delete('/user/oauth/grants', async (request, reply) => {
    const call = oauthCall(request)
    const claims = await claimsOf(call)
    const clientId = queryOf(request, 'client_id')
    if (!isUuid(clientId)) throw errors.badRequest('client_id query parameter is required')
    await call.database.run(async transaction => {
      const { user } = await signedIn(transaction, claims)
      const rows = await transaction.query(
        `update auth.oauth_consents set revoked_at = now()
         where user_id = $1 and client_id = $2 and revoked_at is null returning id`,
        [user.id, clientId],
      )
      if (rows.length === 0) throw errors.oauthConsentNotFound()
      await transaction.query('delete from auth.sessions where user_id = $1 and oauth_client_id = $2', [
        user.id,
        clientId,
      ])
    })
    return reply.status(204).send()
  })

  app.get('/.well-known/oauth-authorization-server', async (request, reply) =>
    reply.header('cache-control', 'public, max-age=600').send(metadata(oauthCall(request))),
  )
}

function metadata({ settings }: Call) {
  const { externalUrl, jwt, oauthServer } = settings
  return {
    issuer: jwt.issuer,
    authorization_endpoint: `${externalUrl}/oauth/authorize`,
    token_endpoint: `${externalUrl}/oauth/token`,
    jwks_uri: `${externalUrl}/.well-known/jwks.json`,
    ...(oauthServer.dynamicRegistration && {
      registration_endpoint: `${externalUrl}/oauth/clients/register`,
    }),
    scopes_supported: scopes,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
    code_challenge_methods_supported: ['S256', 'plain'],
  }
}

function oauthCall(request: FastifyRequest): Call {
  const call = callOf(request)
  if (!call.settings.oauthServer.enabled) throw errors.oauthServerDisabled()
  return call
}
