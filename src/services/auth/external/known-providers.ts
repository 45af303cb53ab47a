import type { Json } from '../users/rows.ts'
import { type ExternalProfile, oneEmail, profileOf, profileOfClaims } from './profile.ts'

/** A well-known provider: where it is and how what it says of a person is read. Addresses begin with {host} or {api}. */
export interface KnownProvider {
  readonly host: string
  /** Default: the host. */
  readonly api?: string
  readonly authorize: string
  readonly token: string
  /** OAuth 1.0a: where a token is asked for before the browser is sent anywhere. */
  readonly requestToken?: string
  readonly scopes: readonly string[]
  /** Default: a space. */
  readonly scopeSeparator?: string
  /** More parameters of the authorization request. */
  readonly parameters?: Readonly<Record<string, string>>
  /** OpenID: the id token says who it is. Else the profile does. */
  readonly issuer?: string
  readonly profile?: string
  /** A further address, for emails that the profile does not hold. */
  readonly emails?: string
  /** How the client shows its secret. Default: body. */
  readonly clientAuth?: 'body' | 'basic'
  /** Whether a code challenge is sent. Default: false. */
  readonly pkce?: boolean
  readonly profileHeaders?: Readonly<Record<string, string>>
  read(profile: Json, more: { readonly emails: unknown; readonly issuer: string }): ExternalProfile
}

const at = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>(
    (inner, name) => (typeof inner === 'object' && inner !== null ? (inner as Json)[name] : undefined),
    value,
  )
const text = (value: unknown) => (value === undefined || value === null ? '' : String(value))
const list = (value: unknown) => (Array.isArray(value) ? (value as Json[]) : [])
const claims: KnownProvider['read'] = (profile, { issuer }) => profileOfClaims(profile, issuer)

export const knownProviders: Readonly<Record<string, KnownProvider>> = {
  apple: {
    host: 'https://appleid.apple.com',
    authorize: '{host}/auth/authorize',
    token: '{host}/auth/token',
    scopes: ['email', 'name'],
    parameters: { response_mode: 'form_post' },
    issuer: 'https://appleid.apple.com',
    read: claims,
  },
  azure: {
    host: 'https://login.microsoftonline.com/common',
    authorize: '{host}/oauth2/v2.0/authorize',
    token: '{host}/oauth2/v2.0/token',
    scopes: ['openid'],
    issuer: 'azure',
    // Azure lets tenants claim any address; it is believed only where the domain's owner was checked.
    read: (profile, { issuer }) =>
      profileOfClaims(profile, issuer, [true, 1, '1', 'true'].includes(profile['xms_edov'] as string)),
  },
  bitbucket: {
    host: 'https://bitbucket.org',
    api: 'https://api.bitbucket.org',
    authorize: '{host}/site/oauth2/authorize',
    token: '{host}/site/oauth2/access_token',
    scopes: ['account', 'email'],
    profile: '{api}/2.0/user',
    emails: '{api}/2.0/user/emails',
    clientAuth: 'basic',
    read: (profile, { emails, issuer }) =>
      profileOf({
        issuer,
        sub: text(profile['uuid']),
        emails: list(at(emails, 'values')).map(one => ({
          email: text(one['email']),
          verified: one['is_confirmed'] === true,
          primary: one['is_primary'] === true,
        })),
        name: profile['display_name'],
        picture: at(profile, 'links', 'avatar', 'href'),
        nickname: profile['username'],
      }),
  },
  discord: {
    host: 'https://discord.com',
    authorize: '{host}/api/oauth2/authorize',
    token: '{host}/api/oauth2/token',
    scopes: ['email', 'identify'],
    profile: '{host}/api/users/@me',
    read: (profile, { issuer }) => {
      const id = text(profile['id'])
      const avatar = text(profile['avatar'])
      const kind = avatar.startsWith('a_') ? 'gif' : 'png'
      return profileOf({
        issuer,
        sub: id,
        emails: oneEmail(profile['email'], profile['verified']),
        name: `${text(profile['username'])}#${text(profile['discriminator']) || '0'}`,
        picture: avatar === '' ? undefined : `https://cdn.discordapp.com/avatars/${id}/${avatar}.${kind}`,
        more: { custom_claims: { global_name: profile['global_name'] ?? '' } },
      })
    },
  },
  facebook: {
    host: 'https://www.facebook.com',
    api: 'https://graph.facebook.com',
    authorize: '{host}/dialog/oauth',
    token: '{api}/oauth/access_token',
    scopes: ['email'],
    scopeSeparator: ',',
    profile: '{api}/me?fields=email,first_name,last_name,name,picture',
    read: (profile, { issuer }) =>
      profileOf({
        issuer,
        sub: text(profile['id']),
        emails: oneEmail(profile['email'], true),
        name: profile['name'],
        picture: at(profile, 'picture', 'data', 'url'),
        nickname: profile['alias'],
      }),
  },
  figma: {
    host: 'https://www.figma.com',
    api: 'https://api.figma.com',
    authorize: '{host}/oauth',
    token: '{api}/v1/oauth/token',
    scopes: ['current_user:read'],
    profile: '{api}/v1/me',
    clientAuth: 'basic',
    read: (profile, { issuer }) =>
      profileOf({
        issuer,
        sub: text(profile['id']),
        emails: oneEmail(profile['email'], true),
        name: profile['handle'],
        picture: profile['img_url'],
      }),
  },
  fly: {
    host: 'https://api.fly.io',
    authorize: '{host}/oauth/authorize',
    token: '{host}/oauth/token',
    scopes: ['read'],
    profile: '{host}/oauth/token/info',
    read: (profile, { issuer }) =>
      profileOf({
        issuer,
        sub: text(profile['user_id']),
        emails: oneEmail(profile['email'], true),
        name: profile['user_name'],
      }),
  },
  github: {
    host: 'https://github.com',
    api: 'https://api.github.com',
    authorize: '{host}/login/oauth/authorize',
    token: '{host}/login/oauth/access_token',
    scopes: ['user:email'],
    profile: '{api}/user',
    emails: '{api}/user/emails',
    profileHeaders: { 'user-agent': 'hangar-auth' },
    read: (profile, { emails, issuer }) =>
      profileOf({
        issuer,
        sub: text(profile['id']),
        emails: list(emails).map(one => ({
          email: text(one['email']),
          verified: one['verified'] === true,
          primary: one['primary'] === true,
        })),
        name: profile['name'],
        picture: profile['avatar_url'],
        nickname: profile['login'],
      }),
  },
  gitlab: {
    host: 'https://gitlab.com',
    authorize: '{host}/oauth/authorize',
    token: '{host}/oauth/token',
    scopes: ['read_user'],
    profile: '{host}/api/v4/user',
    emails: '{host}/api/v4/user/emails',
    read: (profile, { emails, issuer }) =>
      profileOf({
        issuer,
        sub: text(profile['id']),
        emails: [
          ...oneEmail(profile['email'], text(profile['confirmed_at']) !== ''),
          ...list(emails)
            .filter(one => one['email'] !== profile['email'])
            .map(one => ({
              email: text(one['email']),
              verified: text(one['confirmed_at']) !== '',
              primary: false,
            })),
        ],
        name: profile['name'],
        picture: profile['avatar_url'],
        nickname: profile['username'],
      }),
  },
  google: {
    host: 'https://accounts.google.com',
    api: 'https://oauth2.googleapis.com',
    authorize: '{host}/o/oauth2/v2/auth',
    token: '{api}/token',
    scopes: ['openid', 'email', 'profile'],
    issuer: 'https://accounts.google.com',
    read: claims,
  },
  kakao: {
    host: 'https://kauth.kakao.com',
    api: 'https://kapi.kakao.com',
    authorize: '{host}/oauth/authorize',
    token: '{host}/oauth/token',
    scopes: ['account_email', 'profile_image', 'profile_nickname'],
    profile: '{api}/v2/user/me',
    read: (profile, { issuer }) => {
      const account = profile['kakao_account']
      return profileOf({
        issuer,
        sub: text(profile['id']),
        emails: oneEmail(
          at(account, 'email'),
          at(account, 'is_email_verified') === true && at(account, 'is_email_valid') === true,
        ),
        name: at(account, 'profile', 'nickname'),
        picture: at(account, 'profile', 'profile_image_url'),
        nickname: at(account, 'profile', 'nickname'),
      })
    },
  },
  linkedin: {
    host: 'https://www.linkedin.com',
    api: 'https://api.linkedin.com',
    authorize: '{host}/oauth/v2/authorization',
    token: '{host}/oauth/v2/accessToken',
    scopes: ['r_emailaddress', 'r_liteprofile'],
    profile: '{api}/v2/me',
    emails: '{api}/v2/emailAddress?q=members&projection=(elements*(handle~))',
    read: (profile, { emails, issuer }) =>
      profileOf({
        issuer,
        sub: text(profile['id']),
        emails: list(at(emails, 'elements')).flatMap(one =>
          oneEmail(at(one, 'handle~', 'emailAddress'), true),
        ),
        name: [profile['localizedFirstName'], profile['localizedLastName']].filter(Boolean).join(' '),
      }),
  },
  linkedin_oidc: {
    host: 'https://www.linkedin.com',
    api: 'https://api.linkedin.com',
    authorize: '{host}/oauth/v2/authorization',
    token: '{host}/oauth/v2/accessToken',
    scopes: ['openid', 'email', 'profile'],
    profile: '{api}/v2/userinfo',
    read: claims,
  },
  notion: {
    host: 'https://api.notion.com',
    authorize: '{host}/v1/oauth/authorize',
    token: '{host}/v1/oauth/token',
    scopes: [],
    profile: '{host}/v1/users/me',
    profileHeaders: { 'notion-version': '2021-08-16' },
    clientAuth: 'basic',
    read: (profile, { issuer }) => {
      const user = at(profile, 'bot', 'owner', 'user')
      return profileOf({
        issuer,
        sub: text(at(user, 'id')),
        emails: oneEmail(at(user, 'person', 'email'), true),
        name: at(user, 'name'),
        picture: at(user, 'avatar_url'),
      })
    },
  },
  slack: {
    host: 'https://slack.com',
    authorize: '{host}/oauth/authorize',
    token: '{host}/api/oauth.access',
    scopes: ['profile', 'email', 'openid'],
    scopeSeparator: ',',
    profile: '{host}/api/users.identity',
    read: (profile, { issuer }) =>
      profileOf({
        issuer,
        sub: text(at(profile, 'user', 'id')),
        emails: oneEmail(at(profile, 'user', 'email'), true),
        name: at(profile, 'user', 'name'),
        picture: at(profile, 'user', 'image_512'),
        more: { custom_claims: { 'https://slack.com/team_id': at(profile, 'team', 'id') } },
      }),
  },
  slack_oidc: {
    host: 'https://slack.com',
    authorize: '{host}/openid/connect/authorize',
    token: '{host}/api/openid.connect.token',
    scopes: ['profile', 'email', 'openid'],
    profile: '{host}/api/openid.connect.userInfo',
    // Slack checks the address before somebody can join.
    read: (profile, { issuer }) => profileOfClaims(profile, issuer, true),
  },
  snapchat: {
    host: 'https://accounts.snapchat.com',
    api: 'https://kit.snapchat.com',
    authorize: '{host}/accounts/oauth2/auth',
    token: '{host}/accounts/oauth2/token',
    scopes: [
      'https://auth.snapchat.com/oauth2/api/user.external_id',
      'https://auth.snapchat.com/oauth2/api/user.display_name',
    ],
    profile: '{api}/v1/me?query=%7Bme%7BexternalId%20displayName%20bitmoji%7Bavatar%7D%7D%7D',
    read: (profile, { issuer }) =>
      profileOf({
        issuer,
        sub: text(at(profile, 'data', 'me', 'externalId')),
        emails: [],
        name: at(profile, 'data', 'me', 'displayName'),
        picture: at(profile, 'data', 'me', 'bitmoji', 'avatar'),
      }),
  },
  spotify: {
    host: 'https://accounts.spotify.com',
    api: 'https://api.spotify.com',
    authorize: '{host}/authorize',
    token: '{host}/api/token',
    scopes: ['user-read-email'],
    profile: '{api}/v1/me',
    clientAuth: 'basic',
    // Spotify says itself that the address is not checked.
    read: (profile, { issuer }) =>
      profileOf({
        issuer,
        sub: text(profile['id']),
        emails: oneEmail(profile['email'], false),
        name: profile['display_name'],
        picture: at(list(profile['images'])[0], 'url'),
      }),
  },
  twitch: {
    host: 'https://id.twitch.tv',
    api: 'https://api.twitch.tv',
    authorize: '{host}/oauth2/authorize',
    token: '{host}/oauth2/token',
    scopes: ['user:read:email'],
    profile: '{api}/helix/users',
    read: (profile, { issuer }) => {
      const user = list(profile['data'])[0] ?? {}
      return profileOf({
        issuer,
        sub: text(user['id']),
        emails: oneEmail(user['email'], true),
        name: user['login'],
        picture: user['profile_image_url'],
        nickname: user['display_name'],
      })
    },
  },
  twitter: {
    host: 'https://api.twitter.com',
    requestToken: '{host}/oauth/request_token',
    authorize: '{host}/oauth/authenticate',
    token: '{host}/oauth/access_token',
    scopes: [],
    profile:
      '{host}/1.1/account/verify_credentials.json?include_email=true&include_entities=false&skip_status=true',
    read: (profile, { issuer }) =>
      profileOf({
        issuer,
        sub: text(profile['id_str']),
        emails: oneEmail(profile['email'], true),
        name: profile['name'],
        picture: profile['profile_image_url_https'],
        nickname: profile['screen_name'],
      }),
  },
  workos: {
    host: 'https://api.workos.com',
    authorize: '{host}/sso/authorize',
    token: '{host}/sso/token',
    scopes: [],
    profile: '{host}/sso/profile',
    read: (profile, { issuer }) =>
      profileOf({
        issuer,
        sub: text(profile['id']),
        emails: oneEmail(profile['email'], true),
        name: [profile['first_name'], profile['last_name']].filter(Boolean).join(' '),
        more: {
          custom_claims: {
            connection_id: profile['connection_id'],
            organization_id: profile['organization_id'],
          },
        },
      }),
  },
  x: {
    host: 'https://x.com',
    api: 'https://api.x.com',
    authorize: '{host}/i/oauth2/authorize',
    token: '{api}/2/oauth2/token',
    scopes: ['users.email', 'tweet.read', 'users.read', 'offline.access'],
    profile: '{api}/2/users/me?user.fields=confirmed_email,profile_image_url',
    clientAuth: 'basic',
    pkce: true,
    read: (profile, { issuer }) => {
      const user = profile['data']
      return profileOf({
        issuer,
        sub: text(at(user, 'id')),
        emails: oneEmail(at(user, 'confirmed_email'), true),
        name: at(user, 'name'),
        picture: at(user, 'profile_image_url'),
        nickname: at(user, 'username'),
      })
    },
  },
  zoom: {
    host: 'https://zoom.us',
    api: 'https://api.zoom.us',
    authorize: '{host}/oauth/authorize',
    token: '{host}/oauth/token',
    scopes: [],
    profile: '{api}/v2/users/me',
    clientAuth: 'basic',
    read: (profile, { issuer }) =>
      profileOf({
        issuer,
        sub: text(profile['id']),
        emails: oneEmail(profile['email'], profile['verified'] === 1 || profile['verified'] === true),
        name: [profile['first_name'], profile['last_name']].filter(Boolean).join(' '),
        picture: profile['pic_url'],
      }),
  },
}
