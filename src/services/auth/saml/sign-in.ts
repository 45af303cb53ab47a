import { randomUUID } from 'node:crypto'
import type { Call } from '../context.ts'
import { AuthError, errors } from '../errors.ts'
import { accountOf } from '../external/account.ts'
import { isUuid } from '../sessions/authenticate.ts'
import { grantSession } from '../sessions/grant.ts'
import type { SamlSettings } from '../settings/saml.ts'
import type { Json } from '../users/rows.ts'
import { type Flow, finishFlow, saveFlow } from '../verify/flows.ts'
import { failureValues, withFragment, withQuery } from '../verify/redirect-values.ts'
import { isAllowedRedirect } from '../verify/redirects.ts'
import { profileOfAssertion } from './assertion.ts'
import { parseMetadata, unescaped } from './metadata.ts'
import { providerByDomain, providerById } from './providers.ts'
import { dropOldRelayStates, type Opening, takeRelayState } from './relay-state.ts'
import { consumerUrl, serviceProvider } from './service-provider.ts'
import { openUnasked, takeUnasked } from './unasked.ts'

export interface SsoRequest {
  readonly providerId: string
  readonly domain: string
  readonly redirectTo: string
  readonly flow: Flow | undefined
}

/** The address at the identity provider where somebody signs in. */
export async function beginSso(call: Call, settings: SamlSettings, request: SsoRequest): Promise<string> {
  if (request.providerId !== '' && request.domain !== '') {
    throw errors.badRequest('Only one of provider_id or domain supported')
  }
  if (request.providerId === '' && request.domain === '') {
    throw errors.badRequest('A provider_id or domain needs to be provided')
  }
  return call.database.run(async transaction => {
    const provider =
      request.providerId !== ''
        ? await providerById(transaction, request.providerId, 'No such SSO provider')
        : await providerByDomain(transaction, request.domain)
    if (!provider) throw errors.ssoProviderNotFound('No SSO provider assigned for this domain')
    if (provider.disabled) throw errors.ssoProviderDisabled()
    const flowId = request.flow
      ? await saveFlow(transaction, { flow: request.flow, provider: 'sso/saml', method: 'sso/saml' })
      : null
    await dropOldRelayStates(transaction)
    const relayState = randomUUID()
    const requestId = `_${randomUUID()}`
    await transaction.query(
      `insert into auth.saml_relay_states (id, sso_provider_id, request_id, redirect_to, flow_state_id, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $6)`,
      [relayState, provider.id, requestId, request.redirectTo, flowId, new Date(call.clock.now())],
    )
    const idp = parseMetadata(provider.metadata_xml)
    const saml = await serviceProvider(settings, idp, requestId, provider.name_id_format)
    return saml.getAuthorizeUrlAsync(relayState, undefined, {})
  })
}

/** Takes what an identity provider sent through the browser. Returns where the browser goes. */
export async function finishSso(
  call: Call,
  settings: SamlSettings,
  form: (name: string) => string,
): Promise<string> {
  try {
    const relayState = form('RelayState')
    const opening = isUuid(relayState)
      ? await takeRelayState(call, settings, relayState)
      : await openUnasked(call, form)
    const { profile, notAfter, xml } = await readResponse(call, settings, opening, form('SAMLResponse'))
    const { providerId, requestId, redirectTo: wanted, flowId } = opening
    const redirectTo = isAllowedRedirect(call.settings, wanted) ? wanted : call.settings.siteUrl
    const provider = { name: `sso:${providerId}`, emailOptional: false }
    const result = await call.database.run<string | AuthError>(async transaction => {
      if (requestId === undefined) await takeUnasked(call, transaction, providerId, xml)
      const user = await accountOf(call, transaction, provider, profile)
      if (user instanceof Error) return user
      if (flowId !== null) {
        const none = { accessToken: '', refreshToken: '' }
        return withQuery(redirectTo, { code: await finishFlow(call, transaction, flowId, user.id, none) })
      }
      const session = await grantSession(call, transaction, user, {
        method: 'sso/saml',
        provider: provider.name,
        ...(notAfter && { notAfter }),
      })
      const { access_token, expires_at, expires_in, refresh_token, token_type } = session
      return withFragment(redirectTo, { access_token, expires_at, expires_in, refresh_token, token_type })
    })
    if (result instanceof Error) throw result
    return result
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    if (error.cause) call.log.info({ err: error.cause }, 'auth: a SAML response was refused')
    return withFragment(call.settings.siteUrl, failureValues(error), true)
  }
}

/** Throws for anything that the provider did not sign for us, now. */
async function readResponse(call: Call, settings: SamlSettings, opening: Opening, response: string) {
  if (response === '') throw errors.badRequest('SAMLResponse is missing')
  const provider = await call.database.run(transaction => providerById(transaction, opening.providerId))
  if (provider.disabled) throw errors.ssoProviderDisabled()
  const idp = parseMetadata(provider.metadata_xml)
  const saml = await serviceProvider(settings, idp, opening.requestId, provider.name_id_format)
  const { profile } = await saml.validatePostResponseAsync({ SAMLResponse: response }).catch(error => {
    throw errors.samlAssertionInvalid(error)
  })
  if (!profile) throw errors.samlAssertionInvalid(new Error('there is no assertion'))
  // The library checks the issuer of sign-outs alone, and not who the answer was for.
  if (profile.issuer !== idp.entityId) throw errors.samlAssertionInvalid(new Error('of another issuer'))
  const xml = profile.getAssertionXml?.() ?? ''
  const recipients = [...xml.matchAll(/\bRecipient="([^"]*)"/g)].map(match => unescaped(match[1] ?? ''))
  if (recipients.some(one => one !== consumerUrl(settings))) {
    throw errors.samlAssertionInvalid(new Error('for another recipient'))
  }
  return { ...profileOfAssertion(profile as unknown as Json, provider), xml }
}
