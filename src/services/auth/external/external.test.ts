import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../../../../test/support/postgres.ts'
import { anonToken, secret, serviceToken, startAuth, type TestAuth } from '../testing/auth.ts'
import { keycloakIs, startOidc, type TestOidc } from '../testing/oidc.ts'
import { startSmtp, type TestSmtp } from '../testing/smtp.ts'

let postgres: TestPostgres
let auth: TestAuth
let oidc: TestOidc
let smtp: TestSmtp
const password = 'correct horse'
const client = { id: 'our-app', secret: 'a-secret-of-the-client' }
const redirectUri = 'https://api.example.com/auth/v1/callback'
let count = 0

beforeAll(async () => {
  postgres = await startTestPostgres()
  smtp = await startSmtp()
  oidc = await startOidc({ ...client, redirectUris: [redirectUri] })
  auth = await startAuth({
    postgres,
    env: {
      GOTRUE_MAILER_AUTOCONFIRM: 'false',
      GOTRUE_SMTP_HOST: '127.0.0.1',
      GOTRUE_SMTP_PORT: String(smtp.port),
      GOTRUE_SECURITY_MANUAL_LINKING_ENABLED: 'true',
      ...keycloakIs(oidc, client, redirectUri),
      GOTRUE_EXTERNAL_GITHUB_ENABLED: 'true',
    },
  })
})
afterAll(async () => {
  await auth?.[Symbol.asyncDispose]()
  await oidc?.[Symbol.asyncDispose]()
  await smtp?.[Symbol.asyncDispose]()
  await postgres?.stop()
})

/** Somebody whom the provider knows. */
function person(claims: Record<string, unknown> = {}) {
  const login = `person-${++count}`
  const email = `${login}@example.com`
  oidc.people.set(login, { email, email_verified: true, name: `Person ${count}`, ...claims })
  return { login, email: (claims['email'] as string) ?? email }
}

/** From /authorize to where the browser ends, with what it was told there. */
async function through(path: string, login: string, token?: string) {
  const begun = await auth.fetch(path, token === undefined ? {} : { token })
  return finish(begun.headers.get('location') ?? '', login)
}

async function finish(providerUrl: string, login: string) {
  const back = new URL(await oidc.signIn(providerUrl, login))
  expect(`${back.origin}${back.pathname}`).toBe(redirectUri)
  const answer = await auth.fetch(`/callback${back.search}`)
  expect(answer.status).toBe(302)
  const end = new URL(answer.headers.get('location') ?? '')
  return { end, query: end.searchParams, fragment: new URLSearchParams(end.hash.slice(1)) }
}

async function userOf(accessToken: string | null) {
  const answer = await auth.fetch('/user', { token: accessToken ?? '' })
  return (await answer.json()) as {
    id: string
    email: string
    app_metadata: unknown
    user_metadata: Record<string, unknown>
    identities: { provider: string; identity_id: string }[]
  }
}

describe('signing in at an OpenID provider', () => {
  test('makes a user of somebody new and finds them again', async () => {
    const { login, email } = person()
    const first = await through(
      '/authorize?provider=keycloak&redirect_to=http://localhost:3000/welcome',
      login,
    )
    expect(first.end.href).toMatch(/^http:\/\/localhost:3000\/welcome#/)
    expect([...first.fragment.keys()].sort()).toEqual(
      ['access_token', 'expires_at', 'expires_in', 'provider_token', 'refresh_token', 'token_type'].sort(),
    )
    const user = await userOf(first.fragment.get('access_token'))
    expect(user).toMatchObject({
      email,
      app_metadata: { provider: 'keycloak', providers: ['keycloak'] },
      user_metadata: {
        full_name: `Person ${count}`,
        email_verified: true,
        iss: oidc.issuer,
        provider_id: login,
      },
      identities: [{ provider: 'keycloak', id: login }],
    })
    const claims = JSON.parse(
      Buffer.from(first.fragment.get('access_token')!.split('.')[1]!, 'base64url').toString(),
    )
    expect(claims.amr).toMatchObject([{ method: 'oauth' }])
    const second = await through('/authorize?provider=keycloak', login)
    expect((await userOf(second.fragment.get('access_token'))).id).toBe(user.id)
  })

  test('works with the official client and PKCE, provider tokens included', async () => {
    const { login, email } = person()
    const browser = auth.client(anonToken, { flowType: 'pkce' })
    const begun = await browser.auth.signInWithOAuth({
      provider: 'keycloak',
      options: { skipBrowserRedirect: true, redirectTo: 'http://localhost:3000/after' },
    })
    const redirect = await fetch(begun.data.url ?? '', { redirect: 'manual' })
    const { query, fragment } = await finish(redirect.headers.get('location') ?? '', login)
    expect(fragment.get('access_token')).toBeNull()
    const exchanged = await browser.auth.exchangeCodeForSession(query.get('code') ?? '')
    expect(exchanged.error).toBeNull()
    expect(exchanged.data.user?.email).toBe(email)
    expect(exchanged.data.session?.provider_token).toBeTruthy()
    const again = await browser.auth.exchangeCodeForSession(query.get('code') ?? '')
    expect(again.error).not.toBeNull()
  })

  test('links to the account that has the same email, when the provider checked it', async () => {
    const { login, email } = person()
    const made = await auth
      .client(serviceToken)
      .auth.admin.createUser({ email, password, email_confirm: true })
    const { fragment } = await through('/authorize?provider=keycloak', login)
    const user = await userOf(fragment.get('access_token'))
    expect(user.id).toBe(made.data.user?.id)
    expect(user.identities.map(one => one.provider).sort()).toEqual(['email', 'keycloak'])
    const own = await auth.client().auth.signInWithPassword({ email, password })
    expect(own.error).toBeNull()
  })

  test('never links by an email that the provider did not check', async () => {
    const victim = person()
    await auth
      .client(serviceToken)
      .auth.admin.createUser({ email: victim.email, password, email_confirm: true })
    const thief = person({ email: victim.email, email_verified: false })
    const { fragment } = await through('/authorize?provider=keycloak', thief.login)
    expect(fragment.get('access_token')).toBeNull()
    expect(fragment.get('error_code')).toBe('provider_email_needs_verification')
  })

  test('takes the password from whoever signed up with the address before and never confirmed it', async () => {
    const { login, email } = person()
    await auth.client().auth.signUp({ email, password: 'of an attacker' })
    const { fragment } = await through('/authorize?provider=keycloak', login)
    const user = await userOf(fragment.get('access_token'))
    expect(user.identities.map(one => one.provider)).toEqual(['keycloak'])
    const attacker = await auth.client().auth.signInWithPassword({ email, password: 'of an attacker' })
    expect(attacker.error).toMatchObject({ code: 'invalid_credentials' })
  })

  test('takes the identity from whoever named the address at a provider before and never proved it', async () => {
    const email = `victim-${++count}@example.com`
    const thief = person({ email, email_verified: false })
    await through('/authorize?provider=keycloak', thief.login)
    await auth.admin.query('update auth.users set confirmation_sent_at = null where email = $1', [email])
    await auth.client().auth.signUp({ email, password: 'of the victim' })
    const link = new URL(smtp.last(email).link.replace('/auth/v1', ''))
    const followed = await auth.fetch(`${link.pathname}${link.search}`)
    const end = new URL(followed.headers.get('location') ?? '')
    const user = await userOf(new URLSearchParams(end.hash.slice(1)).get('access_token'))
    expect(user.identities.map(one => one.provider)).toEqual(['email'])
    // To the provider's word the account is somebody else's now.
    const { fragment } = await through('/authorize?provider=keycloak', thief.login)
    expect(fragment.get('access_token')).toBeNull()
    expect(fragment.get('error_code')).toBe('provider_email_needs_verification')
  })

  test('says what the provider said when nobody signed in', async () => {
    const begun = await auth.fetch('/authorize?provider=keycloak')
    const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state') ?? ''
    const answer = await auth.fetch(
      `/callback?${new URLSearchParams({ state, error: 'access_denied', error_description: 'no' })}`,
    )
    const end = new URL(answer.headers.get('location') ?? '')
    expect(end.searchParams.get('error')).toBe('access_denied')
    expect(new URLSearchParams(end.hash.slice(1)).get('error_description')).toBe('no')
  })

  test.each([
    ['no state', async () => ({ code: 'x' })],
    ['a made-up state', async () => ({ code: 'x', state: 'eyJhbGciOiJub25lIn0.e30.' })],
    [
      'a state signed with the secret of access tokens',
      async () => ({
        code: 'x',
        state: await new SignJWT({ provider: 'keycloak', redirectTo: 'https://evil.example' })
          .setProtectedHeader({ alg: 'HS256' })
          .setAudience('external-state')
          .setExpirationTime('5m')
          .sign(Buffer.from(secret)),
      }),
    ],
  ])('leads to the site with an error for %s', async (_what, values) => {
    const answer = await auth.fetch(
      `/callback?${new URLSearchParams((await values()) as Record<string, string>)}`,
    )
    const end = new URL(answer.headers.get('location') ?? '')
    expect(end.origin).toBe('http://localhost:3000')
    expect(end.searchParams.get('error_code')).toMatch(/^bad_oauth_(state|callback)$/)
  })

  test('never sends a session to an address that is not allowed', async () => {
    const { login } = person()
    const { end } = await through('/authorize?provider=keycloak&redirect_to=https://evil.example/', login)
    expect(end.origin).toBe('http://localhost:3000')
  })

  test('does not let a caller set the parameters that are the service’s own', async () => {
    const begun = await auth.fetch(
      '/authorize?provider=keycloak&client_id=evil&redirect_uri=https://evil.example&state=x&prompt=login&scopes=address',
    )
    const query = new URL(begun.headers.get('location') ?? '').searchParams
    expect(query.get('client_id')).toBe(client.id)
    expect(query.get('redirect_uri')).toBe(redirectUri)
    expect(query.get('prompt')).toBe('login')
    expect(query.get('scope')).toBe('openid email profile address')
    expect(query.get('code_challenge_method')).toBe('S256')
  })

  test.each([
    ['unknown', 'Unsupported provider: Provider unknown could not be found'],
    ['google', 'Unsupported provider: provider is not enabled'],
    ['github', 'Unsupported provider: missing OAuth client ID'],
    ['', 'Unsupported provider: Provider could not be found'],
  ])('refuses the provider "%s"', async (name, message) => {
    const answer = await auth.fetch(`/authorize?provider=${name}`)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error_code: 'validation_failed', msg: message })
  })
})

describe('identities', () => {
  test('are added by hand and taken away, but for the last', async () => {
    const email = `linker${++count}@example.com`
    const admin = auth.client(serviceToken).auth.admin
    await admin.createUser({ email, password, email_confirm: true })
    const browser = auth.client(anonToken, { flowType: 'pkce' })
    await browser.auth.signInWithPassword({ email, password })
    const { login } = person({ email: `other${count}@example.com` })
    const begun = await browser.auth.linkIdentity({
      provider: 'keycloak',
      options: { skipBrowserRedirect: true },
    })
    expect(begun.error).toBeNull()
    const { query } = await finish(begun.data.url ?? '', login)
    expect((await browser.auth.exchangeCodeForSession(query.get('code') ?? '')).error).toBeNull()
    const { data } = await browser.auth.getUserIdentities()
    expect(data?.identities.map(one => one.provider)).toEqual(['email', 'keycloak'])
    expect((await browser.auth.getUser()).data.user?.email).toBe(email)

    const somebody = auth.client(anonToken, { flowType: 'pkce' })
    await admin.createUser({ email: `x${email}`, password, email_confirm: true })
    await somebody.auth.signInWithPassword({ email: `x${email}`, password })
    const second = await somebody.auth.linkIdentity({
      provider: 'keycloak',
      options: { skipBrowserRedirect: true },
    })
    const taken = await finish(second.data.url ?? '', login)
    expect(taken.query.get('error_code')).toBe('identity_already_exists')

    const linked = data!.identities.find(one => one.provider === 'keycloak')!
    expect((await somebody.auth.unlinkIdentity(linked)).error).toMatchObject({
      code: 'single_identity_not_deletable',
    })
    expect((await browser.auth.unlinkIdentity(linked)).error).toBeNull()
    const left = (await browser.auth.getUserIdentities()).data!.identities
    expect(left.map(one => one.provider)).toEqual(['email'])
    expect((await browser.auth.unlinkIdentity(left[0]!)).error).toMatchObject({
      status: 422,
      code: 'single_identity_not_deletable',
    })
    expect((await browser.auth.getUser()).data.user?.app_metadata).toMatchObject({ providers: ['email'] })
  })
})
