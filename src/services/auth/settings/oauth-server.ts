import type { Reader } from './reader.ts'

/** This service as an OAuth 2.1 server: other programs ask it for access in the name of its users. */
export interface OAuthServerSettings {
  readonly enabled: boolean
  readonly dynamicRegistration: boolean
  /** Path of the site's page where a user consents. */
  readonly authorizationPath: string
  readonly authorizationLifeMs: number
  readonly defaultScope: string
  /** How many providers an admin may add; 0: any number. */
  readonly maxCustomProviders: number
  readonly customProviders: boolean
  /** Whether those may be on this machine or in its network. */
  readonly innerProviders: boolean
}

export function readOAuthServerSettings(read: Reader): OAuthServerSettings {
  return {
    enabled: read.flag(false, 'GOTRUE_OAUTH_SERVER_ENABLED'),
    dynamicRegistration: read.flag(false, 'GOTRUE_OAUTH_SERVER_ALLOW_DYNAMIC_REGISTRATION'),
    authorizationPath: read.text('GOTRUE_OAUTH_SERVER_AUTHORIZATION_PATH') ?? '/oauth/consent',
    authorizationLifeMs: read.duration('GOTRUE_OAUTH_SERVER_AUTHORIZATION_TTL') ?? 600_000,
    defaultScope: read.text('GOTRUE_OAUTH_SERVER_DEFAULT_SCOPE') ?? 'email',
    customProviders: read.flag(true, 'GOTRUE_CUSTOM_OAUTH_ENABLED'),
    innerProviders: read.flag(false, 'GOTRUE_CUSTOM_OAUTH_ALLOW_INNER_NETWORK'),
    maxCustomProviders: read.number(0, 'GOTRUE_CUSTOM_OAUTH_MAX_PROVIDERS'),
  }
}
