import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import type { ExternalSettings } from '../settings/external.ts'
import { findCustomProvider } from './custom.ts'
import type { Discovered } from './discovery.ts'
import { type KnownProvider, knownProviders } from './known-providers.ts'
import { profileOfClaims } from './profile.ts'

/** A provider that somebody may sign in with, ready to be asked. */
export interface Provider {
  /** As identities name it. */
  readonly name: string
  readonly clientIds: readonly string[]
  readonly secret: string
  readonly redirectUri: string
  readonly authorizeUrl: string
  readonly tokenUrl: string
  /** Set: the provider speaks OAuth 1.0a. */
  readonly requestTokenUrl: string | undefined
  readonly scopes: readonly string[]
  readonly scopeSeparator: string
  readonly parameters: Readonly<Record<string, string>>
  readonly clientAuth: 'body' | 'basic'
  readonly pkce: boolean
  readonly skipNonceCheck: boolean
  readonly emailOptional: boolean
  /** Set: the id token says who somebody is. */
  readonly oidc: { readonly issuer: string; readonly metadataUrl: string } | undefined
  /** Else this address does. */
  readonly profileUrl: string | undefined
  readonly emailsUrl: string | undefined
  readonly profileHeaders: Readonly<Record<string, string>>
  /** What identities call the issuer. */
  readonly issuer: string
  readonly read: KnownProvider['read']
}

/** The provider of that name. Throws validation_failed when it is unknown, turned off or not set up. */
export async function findProvider(call: Call, wanted: string): Promise<Provider> {
  const name = wanted.toLowerCase()
  if (name.startsWith('custom:')) return findCustomProvider(call, name)
  const settings = call.settings.external.get(name)
  if (name === '' || (!settings && !Object.hasOwn(knownProviders, name))) {
    throw errors.unsupportedProvider(`Provider ${name === '' ? '' : `${name} `}could not be found`)
  }
  if (!settings?.enabled) throw errors.unsupportedProvider('provider is not enabled')
  if (settings.clientIds.length === 0) throw errors.unsupportedProvider('missing OAuth client ID')
  if (settings.secret === undefined) throw errors.unsupportedProvider('missing OAuth secret')
  const known = knownProviders[name]
  if (known) return wellKnown(call, settings, known)
  if (settings.url === undefined) {
    throw errors.unsupportedProvider(
      `missing URL of the OpenID issuer; set GOTRUE_EXTERNAL_${name.toUpperCase()}_URL`,
    )
  }
  return byDiscovery(call, settings, settings.url)
}

function common(call: Call, settings: ExternalSettings) {
  return {
    name: settings.name,
    clientIds: settings.clientIds,
    secret: settings.secret ?? '',
    redirectUri: settings.redirectUri ?? `${call.settings.externalUrl}/callback`,
    skipNonceCheck: settings.skipNonceCheck,
    emailOptional: settings.emailOptional,
  }
}

function wellKnown(call: Call, settings: ExternalSettings, known: KnownProvider): Provider {
  const host = settings.url ?? known.host
  // An address of one's own stands for both, unless the other is named as well.
  const api = settings.apiUrl ?? settings.url ?? known.api ?? known.host
  const fill = (template: string) => template.replace('{host}', host).replace('{api}', api)
  // Where somebody stands in for the provider (a proxy, a test), it is the issuer too.
  const issuer =
    known.issuer === undefined
      ? undefined
      : (settings.url ?? (known.issuer === 'azure' ? `${known.host}/v2.0` : known.issuer))
  return {
    ...common(call, settings),
    authorizeUrl: fill(known.authorize),
    tokenUrl: fill(known.token),
    requestTokenUrl: known.requestToken === undefined ? undefined : fill(known.requestToken),
    scopes: known.scopes,
    scopeSeparator: known.scopeSeparator ?? ' ',
    parameters: known.parameters ?? {},
    clientAuth: known.clientAuth ?? 'body',
    pkce: known.pkce ?? false,
    oidc: issuer === undefined ? undefined : { issuer, metadataUrl: metadataOf(issuer) },
    profileUrl: known.profile === undefined ? undefined : fill(known.profile),
    emailsUrl: known.emails === undefined ? undefined : fill(known.emails),
    profileHeaders: known.profileHeaders ?? {},
    issuer: issuer ?? host,
    read: known.read,
  }
}

async function byDiscovery(call: Call, settings: ExternalSettings, issuer: string): Promise<Provider> {
  const found = await call.discovery.find(issuer, metadataOf(issuer))
  return {
    ...common(call, settings),
    ...fromDiscovered(found),
    scopes: ['openid', 'email', 'profile'],
  }
}

/** What every provider with OpenID metadata has in common. */
export function fromDiscovered(found: Discovered) {
  return {
    authorizeUrl: found.authorizationEndpoint,
    tokenUrl: found.tokenEndpoint,
    requestTokenUrl: undefined,
    scopeSeparator: ' ',
    parameters: {},
    clientAuth: 'basic' as const,
    pkce: true,
    oidc: { issuer: found.issuer, metadataUrl: metadataOf(found.issuer) },
    profileUrl: found.userinfoEndpoint,
    emailsUrl: undefined,
    profileHeaders: {},
    issuer: found.issuer,
    read: ((profile, { issuer }) => profileOfClaims(profile, issuer)) as KnownProvider['read'],
  }
}

export function metadataOf(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
}
