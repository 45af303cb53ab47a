import type { FastifyInstance, FastifyRequest } from '#http'
import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import {
  clientValues,
  clientView,
  findClient,
  hashSecret,
  insertClient,
  newSecret,
  type OAuthClientRow,
} from '../oauth/clients.ts'
import { isUuid } from '../sessions/authenticate.ts'
import { adminCall } from './admin-call.ts'
import { bodyOf } from './body.ts'
import { addPagination, pageOf } from './paging.ts'

/** Programs that may ask for access, as an admin keeps them. */
export function adminOAuthRoutes(app: FastifyInstance): void {
  app.get('/admin/oauth/clients', async (request, reply) => {
    const call = await oauthAdmin(request)
    const page = pageOf(request)
    return call.database.run(async transaction => {
      const counted = await transaction.query<{ total: number }>(
        'select count(*)::int as total from auth.oauth_clients where deleted_at is null',
      )
      const rows = await transaction.query<OAuthClientRow & Record<string, unknown>>(
        'select * from auth.oauth_clients where deleted_at is null order by created_at desc, id limit $1 offset $2',
        [page.perPage, (page.page - 1) * page.perPage],
      )
      addPagination(request, reply, { ...page, total: counted[0]?.total ?? 0 })
      return { clients: rows.map(row => clientView(row)), aud: call.audience }
    })
  })

  app.post('/admin/oauth/clients', async (request, reply) => {
    const call = await oauthAdmin(request)
    const values = clientValues(bodyOf(request))
    if (!values.name) throw errors.badRequest('client_name is required')
    const { client, secret } = await call.database.run(transaction =>
      insertClient(transaction, values, 'manual'),
    )
    return reply.status(201).send(clientView(client, secret))
  })

  app.get('/admin/oauth/clients/:id', async request => {
    const call = await oauthAdmin(request)
    const id = clientIdOf(request)
    return clientView(await call.database.run(transaction => findClient(transaction, id)))
  })

  app.put('/admin/oauth/clients/:id', async request => {
    const call = await oauthAdmin(request)
    const id = clientIdOf(request)
    const values = clientValues(bodyOf(request))
    return call.database.run(async transaction => {
      const client = await findClient(transaction, id)
      const method = values.authMethod ?? client.token_endpoint_auth_method
      if ((method === 'none') !== (client.client_type === 'public')) {
        throw errors.badRequest('A client stays public or confidential')
      }
      const rows = await transaction.query<OAuthClientRow & Record<string, unknown>>(
        `update auth.oauth_clients set client_name = $2, client_uri = $3, logo_uri = $4, redirect_uris = $5,
           grant_types = $6, token_endpoint_auth_method = $7, updated_at = now() where id = $1 returning *`,
        [
          id,
          values.name ?? client.client_name,
          values.uri === undefined ? client.client_uri : values.uri || null,
          values.logoUri === undefined ? client.logo_uri : values.logoUri || null,
          values.redirectUris?.join(',') ?? client.redirect_uris,
          values.grantTypes?.join(',') ?? client.grant_types,
          method,
        ],
      )
      return clientView(rows[0] as OAuthClientRow)
    })
  })

  app.delete('/admin/oauth/clients/:id', async (request, reply) => {
    const call = await oauthAdmin(request)
    const id = clientIdOf(request)
    await call.database.run(async transaction => {
      await findClient(transaction, id)
      await transaction.query('update auth.oauth_clients set deleted_at = now() where id = $1', [id])
      await transaction.query('delete from auth.sessions where oauth_client_id = $1', [id])
      await transaction.query('delete from auth.oauth_authorizations where client_id = $1', [id])
      await transaction.query('delete from auth.oauth_consents where client_id = $1', [id])
    })
    return reply.status(204).send()
  })

  app.post('/admin/oauth/clients/:id/regenerate_secret', async request => {
    const call = await oauthAdmin(request)
    const id = clientIdOf(request)
    return call.database.run(async transaction => {
      const client = await findClient(transaction, id)
      if (client.client_type === 'public')
        throw errors.badRequest('Cannot regenerate secret for public client')
      const secret = newSecret()
      const rows = await transaction.query<OAuthClientRow & Record<string, unknown>>(
        'update auth.oauth_clients set client_secret_hash = $2, updated_at = now() where id = $1 returning *',
        [id, hashSecret(secret)],
      )
      return clientView(rows[0] as OAuthClientRow, secret)
    })
  })
}

async function oauthAdmin(request: FastifyRequest): Promise<Call> {
  const call = await adminCall(request)
  if (!call.settings.oauthServer.enabled) throw errors.oauthServerDisabled()
  return call
}

function clientIdOf(request: FastifyRequest): string {
  const { id } = request.params as { id: string }
  if (!isUuid(id)) throw errors.oauthClientNotFound()
  return id
}
