import type { FastifyInstance, FastifyRequest } from '#http'
import { codeOf, HangarError } from '#kernel'
import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import type { CustomProviderRow } from '../external/custom.ts'
import { looksPublic } from '../external/public-address.ts'
import type { Json } from '../users/rows.ts'
import { adminCall } from './admin-call.ts'
import { type Body, bodyOf, queryOf } from './body.ts'

/** External providers that an admin adds while the service runs. Their secret is never shown. */
export function customProviderRoutes(app: FastifyInstance): void {
  app.get('/admin/custom-providers', async request => {
    const call = await customAdmin(request)
    const rows = await call.database.run(transaction =>
      transaction.query<CustomProviderRow & Record<string, unknown>>(
        `select * from auth.custom_oauth_providers where $1 = '' or provider_type = $1 order by created_at, id`,
        [queryOf(request, 'type')],
      ),
    )
    return { providers: rows.map(view) }
  })

  app.post('/admin/custom-providers', async (request, reply) => {
    const call = await customAdmin(request)
    const body = bodyOf(request)
    const type = body.text('provider_type')
    const identifier = body.text('identifier').toLowerCase()
    if (type !== 'oidc' && type !== 'oauth2') throw errors.badRequest('provider_type must be oidc or oauth2')
    if (!/^custom:[a-z0-9][a-z0-9_-]{0,49}$/.test(identifier)) {
      throw errors.badRequest('identifier must be custom: and then letters, digits, - or _')
    }
    const columns = { provider_type: type, identifier, ...columnsOf(call, body) }
    checkComplete(columns)
    const row = await call.database
      .run(async transaction => {
        const { maxCustomProviders: most } = call.settings.oauthServer
        const counted = await transaction.query<{ n: number }>(
          'select count(*)::int as n from auth.custom_oauth_providers',
        )
        if (most > 0 && (counted[0]?.n ?? 0) >= most) {
          throw errors.badRequest(`There may be at most ${most} custom providers`)
        }
        const names = Object.keys(columns)
        return transaction.query<CustomProviderRow & Record<string, unknown>>(
          `insert into auth.custom_oauth_providers (${names.join(', ')})
         values (${names.map((_, index) => `$${index + 1}`).join(', ')}) returning *`,
          Object.values(columns),
        )
      })
      .catch(error => {
        const cause = error instanceof HangarError ? error.cause : error
        throw codeOf(cause) === '23505' ? errors.conflict(`There is a provider ${identifier} already`) : error
      })
    return reply.status(201).send(view(row[0] as CustomProviderRow))
  })

  app.get('/admin/custom-providers/:identifier', async request => {
    const call = await customAdmin(request)
    return view(await find(call, request))
  })

  app.put('/admin/custom-providers/:identifier', async request => {
    const call = await customAdmin(request)
    const current = await find(call, request)
    const changes = columnsOf(call, bodyOf(request))
    checkComplete({ ...current, ...changes })
    const names = Object.keys(changes)
    const rows = await call.database.run(transaction =>
      transaction.query<CustomProviderRow & Record<string, unknown>>(
        `update auth.custom_oauth_providers set ${[...names.map((name, index) => `${name} = $${index + 2}`), 'updated_at = now()'].join(', ')}
         where id = $1 returning *`,
        [current.id, ...Object.values(changes)],
      ),
    )
    return view(rows[0] as CustomProviderRow)
  })

  app.delete('/admin/custom-providers/:identifier', async (request, reply) => {
    const call = await customAdmin(request)
    const { id } = await find(call, request)
    await call.database.run(transaction =>
      transaction.query('delete from auth.custom_oauth_providers where id = $1', [id]),
    )
    return reply.status(204).send()
  })
}

const texts = [
  'name',
  'client_id',
  'client_secret',
  'issuer',
  'discovery_url',
  'authorization_url',
  'token_url',
  'userinfo_url',
  'jwks_uri',
]
const flags = ['pkce_enabled', 'enabled', 'email_optional', 'skip_nonce_check']
const lists = ['acceptable_client_ids', 'scopes']
const objects = ['attribute_mapping', 'authorization_params']

/** The columns that the body names; their names are of the lists above alone. */
function columnsOf(call: Call, body: Body): Json {
  const read = <T>(names: readonly string[], take: (name: string) => T | undefined) =>
    names.flatMap(name => {
      const value = take(name)
      return value === undefined ? [] : [[name, value] as const]
    })
  const columns = Object.fromEntries([
    ...read<unknown>(texts, name => body.optionalText(name) || undefined),
    ...read<unknown>(flags, name => body.flag(name)),
    ...read<unknown>(lists, name => body.list(name)),
    ...read<unknown>(objects, name => body.object(name)),
  ])
  for (const name of [
    'issuer',
    'discovery_url',
    'authorization_url',
    'token_url',
    'userinfo_url',
    'jwks_uri',
  ]) {
    const url = columns[name]
    if (typeof url === 'string' && !isAllowed(call, url)) {
      throw errors.badRequest(
        `${name} must be an https address of the public web, unless GOTRUE_CUSTOM_OAUTH_ALLOW_INNER_NETWORK is set`,
      )
    }
  }
  return columns
}

function isAllowed(call: Call, text: string): boolean {
  if (!call.settings.oauthServer.innerProviders) return looksPublic(text)
  return URL.canParse(text) && text.length <= 2048 && /^https?:$/.test(new URL(text).protocol)
}

function checkComplete(columns: Readonly<Record<string, unknown>>): void {
  const needed =
    columns['provider_type'] === 'oidc'
      ? ['name', 'client_id', 'client_secret', 'issuer']
      : ['name', 'client_id', 'client_secret', 'authorization_url', 'token_url', 'userinfo_url']
  const missing = needed.find(name => !columns[name])
  if (missing !== undefined) throw errors.badRequest(`${missing} is required`)
}

async function find(call: Call, request: FastifyRequest): Promise<CustomProviderRow> {
  const { identifier } = request.params as { identifier: string }
  const rows = await call.database.run(transaction =>
    transaction.query<CustomProviderRow & Record<string, unknown>>(
      'select * from auth.custom_oauth_providers where identifier = $1',
      [identifier.toLowerCase()],
    ),
  )
  if (!rows[0]) throw errors.customProviderNotFound()
  return rows[0]
}

function view({ client_secret: _secret, ...row }: CustomProviderRow): Json {
  const shown = Object.entries(row).filter(
    ([name, value]) => value !== null && name !== 'cached_discovery' && name !== 'discovery_cached_at',
  )
  return Object.fromEntries(shown)
}

async function customAdmin(request: FastifyRequest): Promise<Call> {
  const call = await adminCall(request)
  if (!call.settings.oauthServer.customProviders) throw errors.customProvidersDisabled()
  return call
}
