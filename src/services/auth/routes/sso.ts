import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from '#http'
import { type Call, callOf } from '../context.ts'
import { errors } from '../errors.ts'
import { fetchMetadata, parseMetadata } from '../saml/metadata.ts'
import { allProviders, providerByEntity, providerById, providerView, setDomains } from '../saml/providers.ts'
import { ownMetadata } from '../saml/service-provider.ts'
import { beginSso, finishSso } from '../saml/sign-in.ts'
import type { SamlSettings } from '../settings/saml.ts'
import { flowOf } from '../verify/flows.ts'
import { adminCall } from './admin-call.ts'
import { type Body, bodyOf, optionalBodyOf } from './body.ts'
import { guard } from './guard.ts'

/** Single sign-on by SAML 2.0. */
export function ssoRoutes(app: FastifyInstance): void {
  app.post('/sso', async (request, reply) => {
    const { call, saml } = ssoCall(request)
    const body = bodyOf(request)
    await guard(call, 'sso', body)
    const url = await beginSso(call, saml, {
      providerId: body.text('provider_id'),
      domain: body.text('domain'),
      redirectTo: body.text('redirect_to'),
      flow: flowOf(body),
    })
    if (body.flag('skip_http_redirect')) return { url }
    return reply.redirect(url, 303)
  })

  app.get('/sso/saml/metadata', async (request, reply) => {
    const { saml } = ssoCall(request)
    return reply
      .header('content-type', 'application/xml')
      .header('cache-control', 'public, max-age=600')
      .send(await ownMetadata(saml))
  })

  app.post('/sso/saml/acs', async (request, reply) => {
    const { call, saml } = ssoCall(request)
    call.limits.check(request, 'saml_assertion')
    const body = optionalBodyOf(request)
    const url = await finishSso(call, saml, name => body.text(name))
    return reply.header('cache-control', 'no-store').redirect(url, 303)
  })

  app.get('/admin/sso/providers', async request => {
    const call = await adminCall(request)
    const rows = await call.database.run(allProviders)
    return { items: rows.map(row => providerView(row, false)) }
  })

  app.post('/admin/sso/providers', async (request, reply) => {
    const call = await adminCall(request)
    const body = bodyOf(request)
    if (body.text('type') !== 'saml') throw errors.badRequest("Only 'saml' supported for SSO provider type")
    const xml = await metadataOf(body)
    if (xml === undefined) throw errors.badRequest('Either metadata_xml or metadata_url must be set')
    const { entityId } = parseMetadata(xml)
    const row = await call.database.run(async transaction => {
      if (await providerByEntity(transaction, entityId)) throw errors.samlIdpExists(entityId)
      const id = randomUUID()
      await transaction.query(
        'insert into auth.sso_providers (id, resource_id, disabled, created_at, updated_at) values ($1, $2, $3, now(), now())',
        [id, body.text('resource_id') || null, body.flag('disabled') ?? null],
      )
      await transaction.query(
        `insert into auth.saml_providers (id, sso_provider_id, entity_id, metadata_xml, metadata_url, attribute_mapping,
           name_id_format, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, now(), now())`,
        [
          randomUUID(),
          id,
          entityId,
          xml,
          body.text('metadata_url') || null,
          body.object('attribute_mapping') ?? null,
          nameIdFormatOf(body) || null,
        ],
      )
      await setDomains(transaction, id, body.list('domains') ?? [])
      return providerById(transaction, id)
    })
    return reply.status(201).send(providerView(row, true))
  })

  app.get('/admin/sso/providers/:id', async request => {
    const call = await adminCall(request)
    return providerView(
      await call.database.run(transaction => providerById(transaction, idOf(request))),
      true,
    )
  })

  app.put('/admin/sso/providers/:id', async request => {
    const call = await adminCall(request)
    const body = bodyOf(request)
    const xml = await metadataOf(body)
    const entityId = xml === undefined ? undefined : parseMetadata(xml).entityId
    const format = nameIdFormatOf(body)
    return call.database.run(async transaction => {
      const current = await providerById(transaction, idOf(request))
      if (entityId !== undefined && entityId !== current.entity_id) {
        throw errors.samlEntityMismatch(current.entity_id, entityId)
      }
      await transaction.query(
        `update auth.saml_providers set metadata_xml = $2, metadata_url = $3, attribute_mapping = $4,
           name_id_format = $5, updated_at = now() where sso_provider_id = $1`,
        [
          current.id,
          xml ?? current.metadata_xml,
          body.text('metadata_url') || current.metadata_url,
          body.object('attribute_mapping') ?? current.attribute_mapping,
          format || current.name_id_format,
        ],
      )
      await transaction.query(
        'update auth.sso_providers set disabled = $2, updated_at = now() where id = $1',
        [current.id, body.flag('disabled') ?? current.disabled],
      )
      const domains = body.list('domains')
      if (domains) await setDomains(transaction, current.id, domains)
      return providerView(await providerById(transaction, current.id), true)
    })
  })

  app.delete('/admin/sso/providers/:id', async request => {
    const call = await adminCall(request)
    return call.database.run(async transaction => {
      const row = await providerById(transaction, idOf(request))
      await transaction.query('delete from auth.sso_providers where id = $1', [row.id])
      return providerView(row, true)
    })
  })
}

function ssoCall(request: FastifyRequest): { readonly call: Call; readonly saml: SamlSettings } {
  const call = callOf(request)
  const { saml } = call.settings
  if (!saml) throw errors.samlDisabled()
  return { call, saml }
}

function idOf(request: FastifyRequest): string {
  return (request.params as { id: string }).id
}

async function metadataOf(body: Body): Promise<string | undefined> {
  const [xml, url] = [body.text('metadata_xml'), body.text('metadata_url')]
  if (xml !== '' && url !== '') {
    throw errors.badRequest('Only one of metadata_xml or metadata_url needs to be set')
  }
  if (url === '') return xml || undefined
  if (!URL.canParse(url)) throw errors.badRequest('metadata_url is not a valid URL')
  if (new URL(url).protocol !== 'https:') throw errors.badRequest('metadata_url is not a HTTPS URL')
  return fetchMetadata(url)
}

const nameIdFormats = [
  'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
  'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
  'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
  'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
]

function nameIdFormatOf(body: Body): string {
  const format = body.text('name_id_format')
  if (format === '' || nameIdFormats.includes(format)) return format
  throw errors.badRequest(`name_id_format must be unspecified or one of ${nameIdFormats.join(', ')}`)
}
