import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import { ask } from '../outbound.ts'
import type { Json } from '../users/rows.ts'
import type { ExternalProfile } from './profile.ts'
import type { Provider } from './providers.ts'

export interface ExternalTokens {
  readonly accessToken: string
  readonly refreshToken: string
}

const limits = { timeoutMs: 10_000, maxBytes: 256 * 1024 }

/** From the code that a provider sent somebody back with to who they are. */
export async function exchangeCode(
  call: Call,
  provider: Provider,
  { code, verifier, nonce }: { readonly code: string; readonly verifier: string; readonly nonce: string },
): Promise<{ readonly profile: ExternalProfile; readonly tokens: ExternalTokens }> {
  const answer = await token(provider, code, verifier)
  const accessToken = answer['access_token']
  if (typeof accessToken !== 'string') throw exchangeFailed('there is no access token in the answer')
  const refreshToken = typeof answer['refresh_token'] === 'string' ? answer['refresh_token'] : ''
  const profile = await who(call, provider, answer, accessToken, nonce)
  if (profile.claims.sub === '')
    throw errors.providerFailed('Error getting user profile from external provider')
  return { profile, tokens: { accessToken, refreshToken } }
}

async function token(provider: Provider, code: string, verifier: string): Promise<Json> {
  const client = provider.clientIds[0] ?? ''
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: provider.redirectUri,
    ...(provider.pkce && { code_verifier: verifier }),
    ...(provider.clientAuth === 'body' && { client_id: client, client_secret: provider.secret }),
  })
  const basic = `${encodeURIComponent(client)}:${encodeURIComponent(provider.secret)}`
  const { status, text } = await ask(provider.tokenUrl, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      ...(provider.clientAuth === 'basic' && {
        authorization: `Basic ${Buffer.from(basic).toString('base64')}`,
      }),
    },
    body: form.toString(),
    ...limits,
  }).catch(error => {
    throw exchangeFailed('the provider cannot be reached', error)
  })
  const answer = parse(text)
  if (status >= 400 || answer['error'] !== undefined) {
    throw exchangeFailed(
      String(answer['error_description'] ?? answer['error'] ?? `status ${status}`).slice(0, 200),
    )
  }
  return answer
}

async function who(
  call: Call,
  provider: Provider,
  answer: Json,
  accessToken: string,
  nonce: string,
): Promise<ExternalProfile> {
  const idToken = answer['id_token']
  if (provider.oidc && typeof idToken === 'string') {
    const found = await call.discovery.find(provider.oidc.issuer, provider.oidc.metadataUrl)
    const claims = await call.discovery.verify(found, idToken, provider.clientIds).catch(error => {
      throw exchangeFailed('the id token does not hold', error)
    })
    if (!provider.skipNonceCheck && claims['nonce'] !== nonce) throw exchangeFailed('the nonce is another')
    // Addresses may be in the userinfo only; it must be of the same person.
    if (claims['email'] !== undefined || provider.profileUrl === undefined) {
      return provider.read(claims, { emails: undefined, issuer: provider.issuer })
    }
    const more = await profile(provider, provider.profileUrl, accessToken)
    if (more['sub'] !== claims.sub) throw exchangeFailed('the userinfo is of somebody else')
    return provider.read({ ...more, ...claims }, { emails: undefined, issuer: provider.issuer })
  }
  if (provider.profileUrl === undefined) throw exchangeFailed('there is no id token in the answer')
  const said = await profile(provider, provider.profileUrl, accessToken)
  const emails =
    provider.emailsUrl === undefined ? undefined : await profile(provider, provider.emailsUrl, accessToken)
  return provider.read(said, { emails, issuer: provider.issuer })
}

async function profile(provider: Provider, url: string, accessToken: string): Promise<Json> {
  const { status, text } = await ask(url, {
    headers: {
      authorization: `Bearer ${accessToken}`,
      accept: 'application/json',
      ...provider.profileHeaders,
    },
    ...limits,
  }).catch(error => {
    throw errors.providerFailed('Error getting user profile from external provider', error)
  })
  if (status !== 200) {
    throw errors.providerFailed(
      'Error getting user profile from external provider',
      new Error(`status ${status}`),
    )
  }
  return parse(text)
}

function parse(text: string): Json {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Json) : {}
  } catch {
    // GitHub and Facebook of old answer as forms.
    return Object.fromEntries(new URLSearchParams(text))
  }
}

function exchangeFailed(why: string, cause?: unknown) {
  return errors.providerFailed(`Unable to exchange external code: ${why}`, cause)
}
