import type { Json } from '../users/rows.ts'

export interface ExternalEmail {
  readonly email: string
  readonly verified: boolean
  readonly primary: boolean
}

/** Who somebody is by an external provider's word. */
export interface ExternalProfile {
  readonly emails: readonly ExternalEmail[]
  /** OpenID claims; `sub` is the provider's id of the person. Becomes identity_data and user_metadata. */
  readonly claims: Json & { readonly sub: string }
}

/** The usual claims from what a provider says, under today's and earlier names. */
export function profileOf(values: {
  readonly issuer: string
  readonly sub: string
  readonly emails: readonly ExternalEmail[]
  readonly name?: unknown
  readonly picture?: unknown
  readonly nickname?: unknown
  readonly more?: Json
}): ExternalProfile {
  const { issuer, sub, emails, name, picture, nickname, more } = values
  const main = emails.find(one => one.primary) ?? emails[0]
  const all = {
    ...more,
    iss: issuer,
    sub,
    provider_id: sub,
    name,
    full_name: name,
    picture,
    avatar_url: picture,
    preferred_username: nickname,
    user_name: nickname,
    email: main?.email,
    email_verified: main?.verified ?? false,
    phone_verified: false,
  }
  const filled = Object.entries(all).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  )
  return { emails, claims: { ...Object.fromEntries(filled), sub } }
}

export function oneEmail(email: unknown, verified: unknown): ExternalEmail[] {
  if (typeof email !== 'string' || email === '') return []
  return [{ email, verified: verified === true || verified === 'true', primary: true }]
}

/** From the claims of an id token or a userinfo answer. */
export function profileOfClaims(claims: Json, issuer: string, emailVerified?: boolean): ExternalProfile {
  const {
    iss: _iss,
    aud: _aud,
    exp: _exp,
    iat: _iat,
    nbf: _nbf,
    nonce: _nonce,
    at_hash: _atHash,
    ...rest
  } = claims
  const keep = [
    'given_name',
    'family_name',
    'middle_name',
    'website',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'profile',
    'groups',
    'hd',
  ]
  const more = Object.fromEntries(Object.entries(rest).filter(([name]) => keep.includes(name)))
  const custom = rest['hd'] === undefined ? {} : { custom_claims: { hd: rest['hd'] } }
  return profileOf({
    issuer,
    sub: String(claims['sub'] ?? ''),
    emails: oneEmail(claims['email'], emailVerified ?? claims['email_verified']),
    name:
      claims['name'] ??
      ([claims['given_name'], claims['family_name']].filter(Boolean).join(' ') || undefined),
    picture: claims['picture'],
    nickname: claims['preferred_username'] ?? claims['nickname'],
    more: { ...more, ...custom },
  })
}
