import { createHmac, randomBytes } from 'node:crypto'
import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import { ask } from '../outbound.ts'
import type { ExternalTokens } from './exchange.ts'
import type { ExternalProfile } from './profile.ts'
import type { Provider } from './providers.ts'

const limits = { timeoutMs: 10_000, maxBytes: 256 * 1024 }
/** As long as a state holds, and a little. */
const rememberedMinutes = 10

/** OAuth 1.0a (RFC 5849): the provider is asked for a token first, and the browser goes there with it. Returns where. */
export async function beginOAuth1(
  call: Call,
  provider: Provider,
  { stateId, token: state }: { readonly stateId: string; readonly token: string },
): Promise<string> {
  const callback = new URL(provider.redirectUri)
  callback.searchParams.set('state', state)
  const { token, secret, confirmed } = await askForToken(provider, provider.requestTokenUrl ?? '', {
    oauth_callback: callback.href,
  })
  if (!confirmed) throw failed('the provider does not speak OAuth 1.0a')
  await call.database.run(async transaction => {
    await transaction.query(
      `delete from auth.oauth_client_states where created_at < now() - interval '${rememberedMinutes} minutes'`,
    )
    await transaction.query(
      `insert into auth.oauth_client_states (id, provider_type, code_verifier, created_at) values ($1, $2, $3, now())`,
      [stateId, provider.name, JSON.stringify({ token, secret })],
    )
  })
  const url = new URL(provider.authorizeUrl)
  url.searchParams.set('oauth_token', token)
  return url.href
}

/** From the verifier that somebody came back with to who they are. A state is good for one answer. */
export async function finishOAuth1(
  call: Call,
  provider: Provider,
  stateId: string,
  values: (name: string) => string,
): Promise<{ readonly profile: ExternalProfile; readonly tokens: ExternalTokens }> {
  const rows = await call.database.run(transaction =>
    transaction.query<{ code_verifier: string }>(
      'delete from auth.oauth_client_states where id = $1 and provider_type = $2 returning code_verifier',
      [stateId, provider.name],
    ),
  )
  if (!rows[0]) throw errors.badOauthState('OAuth callback with invalid state')
  const requested = JSON.parse(rows[0].code_verifier) as Credentials
  if (values('denied') !== '') throw errors.oauth('access_denied', 'The user denied the request')
  if (values('oauth_token') !== requested.token) {
    throw errors.badOauthCallback('OAuth callback with another request token')
  }
  const verifier = values('oauth_verifier')
  if (verifier === '') throw errors.badOauthCallback('OAuth callback with missing verifier')
  const access = await askForToken(provider, provider.tokenUrl, { oauth_verifier: verifier }, requested)
  const said = await whoIs(provider, access)
  const profile = provider.read(said, { emails: undefined, issuer: provider.issuer })
  if (profile.claims.sub === '') throw profileFailed()
  return { profile, tokens: { accessToken: access.token, refreshToken: '' } }
}

interface Credentials {
  readonly token: string
  readonly secret: string
}

async function askForToken(
  provider: Provider,
  url: string,
  parameters: Readonly<Record<string, string>>,
  credentials?: Credentials,
): Promise<Credentials & { readonly confirmed: boolean }> {
  const { status, text } = await ask(url, {
    method: 'POST',
    headers: { authorization: authorization(provider, 'POST', url, parameters, credentials) },
    ...limits,
  }).catch(error => {
    throw failed('the provider cannot be reached', error)
  })
  if (status !== 200) throw failed(`the provider answered ${status}`)
  const answer = new URLSearchParams(text)
  const [token, secret] = [answer.get('oauth_token'), answer.get('oauth_token_secret')]
  if (!token || secret === null) throw failed('there is no token in the answer')
  return { token, secret, confirmed: answer.get('oauth_callback_confirmed') === 'true' }
}

async function whoIs(provider: Provider, access: Credentials): Promise<Record<string, unknown>> {
  const url = provider.profileUrl ?? ''
  const { status, text } = await ask(url, {
    headers: { authorization: authorization(provider, 'GET', url, {}, access) },
    ...limits,
  }).catch(error => {
    throw profileFailed(error)
  })
  if (status !== 200) throw profileFailed(new Error(`status ${status}`))
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch (error) {
    throw profileFailed(error)
  }
}

/** The header that shows, without sending them, that both secrets are known. */
function authorization(
  provider: Provider,
  method: string,
  url: string,
  parameters: Readonly<Record<string, string>>,
  credentials: Credentials | undefined,
): string {
  const own: Record<string, string> = {
    oauth_consumer_key: provider.clientIds[0] ?? '',
    oauth_nonce: randomBytes(16).toString('hex'),
    oauth_signature_method: 'HMAC-SHA1',
    oauth_timestamp: String(Math.floor(Date.now() / 1000)),
    oauth_version: '1.0',
    ...(credentials && { oauth_token: credentials.token }),
    ...parameters,
  }
  const target = new URL(url)
  const signed = [...Object.entries(own), ...target.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&')
  const base = [method, `${target.origin}${target.pathname}`, signed].map(encode).join('&')
  const key = `${encode(provider.secret)}&${encode(credentials?.secret ?? '')}`
  const signature = createHmac('sha1', key).update(base).digest('base64')
  const fields = Object.entries({ ...own, oauth_signature: signature })
  return `OAuth ${fields.map(([name, value]) => `${encode(name)}="${encode(value)}"`).join(', ')}`
}

/** RFC 5849, 3.6. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    letter => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

const failed = (why: string, cause?: unknown) =>
  errors.providerFailed(`Unable to retrieve access token: ${why}`, cause)
const profileFailed = (cause?: unknown) =>
  errors.providerFailed('Error getting user profile from external provider', cause)
