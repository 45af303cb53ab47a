import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AuthUnderTest, authUnderTest } from './service.ts'

// Every endpoint of the auth API, good and bad, over HTTP alone. Point it at any service with AUTH_URL and AUTH_JWT_SECRET.

let auth: AuthUnderTest
const password = 'correct horse battery'
const email = () => `surface-${randomUUID()}@example.com`
const nobody = '0b3e1c2a-0000-4000-8000-000000000000'

beforeAll(async () => {
  auth = await authUnderTest()
})
afterAll(() => auth?.[Symbol.asyncDispose]())

type Who = 'nobody' | 'anon' | 'user' | 'service'

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly headers: Headers
}

async function ask(
  method: string,
  path: string,
  { token, body, headers }: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const answer = await fetch(auth.url + path, {
    method,
    redirect: 'manual',
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, body: text === '' ? {} : JSON.parse(text) }
}

async function signUp() {
  const address = email()
  const { body } = await ask('POST', '/signup', { body: { email: address, password } })
  return {
    email: address,
    token: String(body['access_token']),
    refreshToken: String(body['refresh_token']),
    user: body['user'] as { id: string; identities: { identity_id: string }[] },
  }
}

const service = () => auth.token({ role: 'service_role' })

async function tokenOf(who: Who): Promise<string | undefined> {
  switch (who) {
    case 'nobody':
      return undefined
    case 'anon':
      return auth.token({ role: 'anon' })
    case 'service':
      return service()
    case 'user':
      return (await signUp()).token
  }
}

describe('what is refused', () => {
  it.each<[string, string, Who, unknown, number, string]>([
    // Nobody signed in.
    ['GET', '/user', 'nobody', undefined, 401, 'no_authorization'],
    ['PUT', '/user', 'nobody', {}, 401, 'no_authorization'],
    ['POST', '/logout', 'nobody', undefined, 401, 'no_authorization'],
    ['GET', '/reauthenticate', 'nobody', undefined, 401, 'no_authorization'],
    ['POST', '/factors', 'nobody', {}, 401, 'no_authorization'],
    ['GET', '/user/identities/authorize?provider=google', 'nobody', undefined, 401, 'no_authorization'],
    ['DELETE', `/user/identities/${nobody}`, 'nobody', undefined, 401, 'no_authorization'],
    ['GET', '/passkeys', 'nobody', undefined, 401, 'no_authorization'],
    ['GET', '/user/oauth/grants', 'nobody', undefined, 401, 'no_authorization'],
    ['GET', '/oauth/authorizations/x', 'nobody', undefined, 401, 'no_authorization'],
    // Somebody signed in who is no admin.
    ['GET', '/admin/users', 'user', undefined, 403, 'not_admin'],
    ['POST', '/admin/users', 'user', {}, 403, 'not_admin'],
    ['GET', `/admin/users/${nobody}`, 'user', undefined, 403, 'not_admin'],
    ['PUT', `/admin/users/${nobody}`, 'anon', {}, 403, 'not_admin'],
    ['DELETE', `/admin/users/${nobody}`, 'anon', {}, 403, 'not_admin'],
    ['GET', `/admin/users/${nobody}/factors`, 'user', undefined, 403, 'not_admin'],
    ['GET', '/admin/audit', 'user', undefined, 403, 'not_admin'],
    ['POST', '/admin/generate_link', 'user', {}, 403, 'not_admin'],
    ['POST', '/invite', 'user', {}, 403, 'not_admin'],
    ['GET', '/admin/sso/providers', 'user', undefined, 403, 'not_admin'],
    ['GET', '/admin/oauth/clients', 'user', undefined, 403, 'not_admin'],
    ['GET', '/admin/custom-providers', 'user', undefined, 403, 'not_admin'],
    ['GET', `/admin/users/${nobody}/passkeys`, 'user', undefined, 403, 'not_admin'],
    // What is not there.
    ['GET', `/admin/users/${nobody}`, 'service', undefined, 404, 'user_not_found'],
    ['PUT', `/admin/users/${nobody}`, 'service', { role: 'x' }, 404, 'user_not_found'],
    ['DELETE', `/admin/users/${nobody}`, 'service', {}, 404, 'user_not_found'],
    ['DELETE', `/admin/users/${nobody}/factors/${nobody}`, 'service', undefined, 404, 'mfa_factor_not_found'],
    ['POST', `/factors/${nobody}/challenge`, 'user', {}, 404, 'mfa_factor_not_found'],
    ['DELETE', `/factors/${nobody}`, 'user', undefined, 404, 'mfa_factor_not_found'],
    ['GET', `/admin/oauth/clients/${nobody}`, 'service', undefined, 404, 'oauth_client_not_found'],
    ['GET', '/admin/custom-providers/custom:x', 'service', undefined, 404, 'custom_provider_not_found'],
    ['GET', '/nowhere', 'nobody', undefined, 404, 'not_found'],
    // What makes no sense.
    ['GET', '/admin/users/x', 'service', undefined, 404, 'validation_failed'],
    ['GET', '/admin/users?page=-1', 'service', undefined, 400, 'validation_failed'],
    ['POST', '/admin/users', 'service', {}, 400, 'validation_failed'],
    [
      'POST',
      '/admin/users',
      'service',
      { email: 'x@example.com', ban_duration: 'long' },
      400,
      'validation_failed',
    ],
    [
      'POST',
      '/admin/generate_link',
      'service',
      { type: 'x', email: 'x@example.com' },
      400,
      'validation_failed',
    ],
    ['POST', '/signup', 'nobody', { email: 'x' }, 400, 'validation_failed'],
    ['POST', '/signup', 'nobody', { email: 'x', password }, 400, 'validation_failed'],
    ['POST', '/signup', 'nobody', { email: 'x@example.com', password: 'abc' }, 422, 'weak_password'],
    ['POST', '/signup', 'nobody', { email: 5, password }, 400, 'bad_json'],
    ['POST', '/token', 'nobody', {}, 400, 'invalid_credentials'],
    ['POST', '/token?grant_type=password', 'nobody', {}, 400, 'validation_failed'],
    [
      'POST',
      '/token?grant_type=password',
      'nobody',
      { email: 'x@example.com', password },
      400,
      'invalid_credentials',
    ],
    ['POST', '/token?grant_type=refresh_token', 'nobody', {}, 400, 'validation_failed'],
    [
      'POST',
      '/token?grant_type=refresh_token',
      'nobody',
      { refresh_token: 'x' },
      400,
      'refresh_token_not_found',
    ],
    ['POST', '/token?grant_type=pkce', 'nobody', { auth_code: 'x' }, 400, 'validation_failed'],
    [
      'POST',
      '/token?grant_type=pkce',
      'nobody',
      { auth_code: nobody, code_verifier: 'y' },
      404,
      'flow_state_not_found',
    ],
    ['POST', '/token?grant_type=web3', 'nobody', { chain: 'solana' }, 422, 'web3_provider_disabled'],
    ['POST', '/token?grant_type=web3', 'nobody', { chain: 'paper' }, 422, 'web3_provider_disabled'],
    ['POST', '/otp', 'nobody', {}, 400, 'validation_failed'],
    ['POST', '/resend', 'nobody', { type: 'x' }, 400, 'validation_failed'],
    [
      'POST',
      '/verify',
      'nobody',
      { type: 'signup', email: 'x@example.com', token: '000000' },
      403,
      'otp_expired',
    ],
    ['POST', '/verify', 'nobody', { type: 'sms', phone: '15550009999', token: '000000' }, 403, 'otp_expired'],
    ['POST', '/verify', 'nobody', { type: 'email' }, 400, 'validation_failed'],
    ['GET', '/verify', 'nobody', undefined, 400, 'validation_failed'],
    ['GET', '/authorize?provider=google', 'nobody', undefined, 400, 'validation_failed'],
    ['GET', '/authorize', 'nobody', undefined, 400, 'validation_failed'],
    ['POST', '/logout?scope=all', 'user', undefined, 400, 'validation_failed'],
    ['PUT', '/user', 'user', { password: 'abc' }, 422, 'weak_password'],
    ['PUT', '/user', 'user', { email: 'x' }, 400, 'validation_failed'],
    ['PUT', '/user', 'user', { phone: 'x' }, 400, 'validation_failed'],
    ['PUT', '/user', 'user', { app_metadata: { admin: true } }, 403, 'not_admin'],
    ['POST', '/factors', 'user', { factor_type: 'x' }, 400, 'validation_failed'],
    [
      'POST',
      '/factors',
      'user',
      { factor_type: 'phone', phone: '15550001111' },
      422,
      'mfa_phone_enroll_not_enabled',
    ],
    ['POST', '/factors', 'user', { factor_type: 'webauthn' }, 422, 'mfa_webauthn_enroll_not_enabled'],
    ['POST', '/factors/x/challenge', 'user', {}, 404, 'validation_failed'],
    ['POST', '/sso', 'nobody', { domain: 'example.com' }, 404, 'saml_provider_disabled'],
    ['GET', '/sso/saml/metadata', 'nobody', undefined, 404, 'saml_provider_disabled'],
    ['POST', '/sso/saml/acs', 'nobody', {}, 404, 'saml_provider_disabled'],
    ['POST', '/admin/oauth/clients', 'service', { redirect_uris: [] }, 400, 'validation_failed'],
    ['POST', '/admin/custom-providers', 'service', {}, 400, 'validation_failed'],
    [
      'POST',
      '/passkeys/authentication/verify',
      'nobody',
      { challenge_id: 'x' },
      422,
      'webauthn_challenge_not_found',
    ],
  ])('%s %s of %s with %j', async (method, path, who, body, status, code) => {
    const token = await tokenOf(who)
    const options = { ...(token !== undefined && { token }), ...(body !== undefined && { body }) }
    const old = await ask(method, path, options)
    expect([old.status, old.body['error_code']]).toEqual([status, code])
    expect(old.body).toMatchObject({ code: status, msg: expect.any(String) })
    expect(old.headers.get('x-sb-error-code')).toBe(code)
    const now = await ask(method, path, { ...options, headers: { 'x-supabase-api-version': '2024-01-01' } })
    expect([now.status, now.body['code']]).toEqual([status, code])
    expect(now.body).toMatchObject({ message: expect.any(String) })
    expect(JSON.stringify(now.body)).not.toMatch(/\.ts:|node_modules|\/src\//)
  })

  it.each([
    ['/token?grant_type=id_token', {}, 'invalid request'],
    ['/oauth/token', { grant_type: 'authorization_code' }, 'invalid_client'],
  ])('POST %s in the words of OAuth', async (path, body, error) => {
    const answer = await ask('POST', path, { body })
    expect(answer.body).toEqual({ error, error_description: expect.any(String) })
  })
})

describe('what is there', () => {
  it('says what it is and what is turned on', async () => {
    expect((await ask('GET', '/health')).body).toMatchObject({
      name: 'GoTrue',
      version: expect.stringMatching(/^v2\./),
    })
    const { body } = await ask('GET', '/settings')
    expect(body).toMatchObject({
      external: { email: true, google: false, github: false, keycloak: false },
      disable_signup: expect.any(Boolean),
      mailer_autoconfirm: expect.any(Boolean),
      phone_autoconfirm: expect.any(Boolean),
      sms_provider: expect.any(String),
      saml_enabled: expect.any(Boolean),
    })
    expect((await ask('GET', '/.well-known/jwks.json')).body).toHaveProperty('keys')
    expect((await ask('GET', '/.well-known/openid-configuration')).body).toHaveProperty('jwks_uri')
  })

  it('answers browsers of any origin', async () => {
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'POST' }
    const preflight = await ask('OPTIONS', '/token', { headers })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toContain('x-supabase-api-version')
    expect((await ask('GET', '/health', { headers })).headers.get('access-control-allow-origin')).toBe('*')
  })

  it('takes a user through a whole life', async () => {
    const { token, refreshToken, user, email: address } = await signUp()
    expect((await ask('GET', '/user', { token })).body).toMatchObject({ id: user.id, email: address })
    const changed = await ask('PUT', '/user', { token, body: { data: { colour: 'green' } } })
    expect(changed.body).toMatchObject({ user_metadata: { colour: 'green' } })
    const refreshed = await ask('POST', '/token?grant_type=refresh_token', {
      body: { refresh_token: refreshToken },
    })
    expect(refreshed.body).toMatchObject({ token_type: 'bearer', expires_in: 3600 })
    expect((await ask('POST', '/logout?scope=global', { token })).status).toBe(204)
    expect((await ask('GET', '/user', { token })).body).toMatchObject({ error_code: 'session_not_found' })
    const again = await ask('POST', '/token?grant_type=password', { body: { email: address, password } })
    expect(again.status).toBe(200)
    expect((await ask('DELETE', `/admin/users/${user.id}`, { token: service(), body: {} })).status).toBe(200)
    const gone = await ask('GET', '/user', { token: String(again.body['access_token']) })
    expect(gone.body).toMatchObject({ error_code: 'user_not_found' })
  })

  it('lets an admin make, list, change, ban and look at users', async () => {
    const address = email()
    const token = service()
    const made = await ask('POST', '/admin/users', {
      token,
      body: { email: address, password, email_confirm: true },
    })
    const id = String(made.body['id'])
    const listed = await ask('GET', `/admin/users?filter=${encodeURIComponent(address)}`, { token })
    expect(listed.body).toMatchObject({ users: [{ id }], aud: 'authenticated' })
    expect(listed.headers.get('x-total-count')).toBe('1')
    await ask('PUT', `/admin/users/${id}`, {
      token,
      body: { ban_duration: '1h', app_metadata: { plan: 'x' } },
    })
    const banned = await ask('POST', '/token?grant_type=password', { body: { email: address, password } })
    expect(banned.body).toMatchObject({ error_code: 'user_banned' })
    const link = await ask('POST', '/admin/generate_link', {
      token,
      body: { type: 'recovery', email: address },
    })
    expect(link.body).toMatchObject({
      hashed_token: expect.any(String),
      email_otp: expect.stringMatching(/^\d{6}$/),
      verification_type: 'recovery',
    })
    await ask('PUT', `/admin/users/${id}`, { token, body: { ban_duration: 'none' } })
    const verified = await ask('POST', '/verify', {
      body: { type: 'recovery', token_hash: link.body['hashed_token'] },
    })
    expect(verified.body).toMatchObject({ user: { id, app_metadata: { plan: 'x' } } })
    const log = (await ask('GET', '/admin/audit', { token })).body as unknown as object[]
    expect(log.length).toBeGreaterThan(0)
  })

  it('signs a phone in by its test code', async () => {
    const phone = '15550001234'
    expect((await ask('POST', '/otp', { body: { phone } })).body).toMatchObject({ message_id: 'test-otp' })
    const verified = await ask('POST', '/verify', { body: { type: 'sms', phone, token: '123456' } })
    expect(verified.body).toMatchObject({ user: { phone } })
  })

  it('never leads a browser to where it was not allowed to', async () => {
    for (const target of [
      'https://evil.example',
      '//evil.example',
      'javascript:alert(1)',
      'http://localhost:3000@evil.example',
    ]) {
      const answer = await fetch(
        `${auth.url}/verify?token=x&type=signup&redirect_to=${encodeURIComponent(target)}`,
        { redirect: 'manual' },
      )
      expect(new URL(answer.headers.get('location') ?? '').origin).toBe('http://localhost:3000')
    }
  })

  it('keeps sessions through kill -9', async () => {
    if (!auth.killAndRestart) return
    const { token, refreshToken, user } = await signUp()
    await auth.killAndRestart()
    expect((await ask('GET', '/user', { token })).body).toMatchObject({ id: user.id })
    const refreshed = await ask('POST', '/token?grant_type=refresh_token', {
      body: { refresh_token: refreshToken },
    })
    expect(refreshed.status).toBe(200)
  })
})
