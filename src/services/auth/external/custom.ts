import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import type { Json } from '../users/rows.ts'
import type { Discovered } from './discovery.ts'
import type { IdTokenIssuer } from './id-token.ts'
import { profileOfClaims } from './profile.ts'
import { fromDiscovered, metadataOf, type Provider } from './providers.ts'
import { checkPublic } from './public-address.ts'

/** A provider that an admin added: a row of auth.custom_oauth_providers. */
export interface CustomProviderRow {
  readonly id: string
  readonly provider_type: 'oauth2' | 'oidc'
  readonly identifier: string
  readonly name: string
  readonly client_id: string
  readonly client_secret: string
  readonly acceptable_client_ids: readonly string[]
  readonly scopes: readonly string[]
  readonly pkce_enabled: boolean
  readonly attribute_mapping: Json
  readonly authorization_params: Readonly<Record<string, string>>
  readonly enabled: boolean
  readonly email_optional: boolean
  readonly issuer: string | null
  readonly discovery_url: string | null
  readonly skip_nonce_check: boolean
  readonly authorization_url: string | null
  readonly token_url: string | null
  readonly userinfo_url: string | null
  readonly jwks_uri: string | null
  readonly created_at: Date
  readonly updated_at: Date
}

export async function findCustomProvider(call: Call, name: string): Promise<Provider> {
  const row = await findRow(call, name)
  const usual = {
    name,
    clientIds: [row.client_id, ...row.acceptable_client_ids],
    secret: row.client_secret,
    redirectUri: `${call.settings.externalUrl}/callback`,
    skipNonceCheck: row.skip_nonce_check,
    emailOptional: row.email_optional,
  }
  const own = { pkce: row.pkce_enabled, parameters: row.authorization_params }
  const mapped = (profile: Json) => mapAttributes(profile, row.attribute_mapping)
  if (row.provider_type === 'oidc') {
    const issuer = row.issuer ?? ''
    const metadataUrl = row.discovery_url ?? `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    await checkPublic(call, metadataUrl)
    const found = await call.discovery.find(issuer, metadataUrl)
    await checkPublic(call, ...addressesOf(found))
    return {
      ...usual,
      ...fromDiscovered(found),
      ...own,
      oidc: { issuer, metadataUrl },
      scopes: row.scopes.length > 0 ? row.scopes : ['openid', 'email', 'profile'],
      read: profile => profileOfClaims(mapped(profile), issuer),
    }
  }
  const issuer = new URL(row.authorization_url ?? '').origin
  await checkPublic(call, row.token_url ?? '', row.userinfo_url ?? '')
  return {
    ...usual,
    ...own,
    authorizeUrl: row.authorization_url ?? '',
    tokenUrl: row.token_url ?? '',
    requestTokenUrl: undefined,
    scopes: row.scopes,
    scopeSeparator: ' ',
    clientAuth: 'body',
    oidc: undefined,
    profileUrl: row.userinfo_url ?? undefined,
    emailsUrl: undefined,
    profileHeaders: {},
    issuer,
    read: profile => profileOfClaims(mapped(profile), issuer),
  }
}

export async function customIdTokenProvider(call: Call, name: string): Promise<IdTokenIssuer> {
  const row = await findRow(call, name)
  if (row.provider_type !== 'oidc' || row.issuer === null) throw errors.oidcNotAllowed(name)
  await checkPublic(call, metadataOf(row.issuer))
  await checkPublic(call, ...addressesOf(await call.discovery.find(row.issuer, metadataOf(row.issuer))))
  return {
    name,
    issuer: row.issuer,
    audience: [row.client_id, ...row.acceptable_client_ids],
    skipNonceCheck: row.skip_nonce_check,
    emailOptional: row.email_optional,
  }
}

/** What a provider's metadata make this service ask. */
function addressesOf({ tokenEndpoint, userinfoEndpoint, jwksUri }: Discovered): string[] {
  return [tokenEndpoint, jwksUri, ...(userinfoEndpoint === undefined ? [] : [userinfoEndpoint])]
}

async function findRow(call: Call, name: string): Promise<CustomProviderRow> {
  const rows = await call.database.run(transaction =>
    transaction.query<CustomProviderRow & Record<string, unknown>>(
      'select * from auth.custom_oauth_providers where identifier = $1',
      [name],
    ),
  )
  const row = rows[0]
  if (!row) throw errors.unsupportedProvider(`custom provider ${name} could not be found`)
  if (!row.enabled) throw errors.unsupportedProvider('provider is not enabled')
  return row
}

/** `{"email": "user.mail"}`: which of the provider's fields a claim is. Unmapped ones keep their name. */
function mapAttributes(profile: Json, mapping: Json): Json {
  const mapped = Object.entries(mapping).flatMap(([claim, path]) => {
    if (typeof path !== 'string') return []
    const value = path
      .split('.')
      .reduce<unknown>(
        (inner, name) =>
          typeof inner === 'object' && inner !== null && Object.hasOwn(inner, name)
            ? (inner as Json)[name]
            : undefined,
        profile,
      )
    return value === undefined ? [] : [[claim, value] as const]
  })
  const sub = profile['sub'] ?? profile['id']
  return { ...profile, ...(sub === undefined ? {} : { sub: String(sub) }), ...Object.fromEntries(mapped) }
}
