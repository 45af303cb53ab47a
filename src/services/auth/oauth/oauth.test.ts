import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../../../../test/support/postgres.ts'
import { secret, serviceToken, startAuth, type TestAuth } from '../testing/auth.ts'

let postgres: TestPostgres
let auth: TestAuth
const password = 'correct horse'
const callback = 'https://program.example/callback'
let count = 0

beforeAll(async () => {
  postgres = await startTestPostgres()
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keys = [
    { ...privateKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256', key_ops: ['sign', 'verify'] },
    { kty: 'oct', kid: 's', alg: 'HS256', k: Buffer.from(secret).toString('base64url'), key_ops: ['verify'] },
  ]
  auth = await startAuth({
    postgres,
    env: {
      GOTRUE_OAUTH_SERVER_ENABLED: 'true',
      GOTRUE_OAUTH_SERVER_ALLOW_DYNAMIC_REGISTRATION: 'true',
      GOTRUE_JWT_KEYS: JSON.stringify(keys),
    },
  })
})
afterAll(async () => {
  await auth?.[Symbol.asyncDispose]()
  await postgres?.stop()
})

const admin = () => auth.client(serviceToken).auth.admin.oauth

async function signedUp() {
  const client = auth.client()
  const { data } = await client.auth.signUp({ email: `oauth${++count}@example.com`, password })
  return { client, user: data.user!, session: data.session! }
}

async function program() {
  const { data } = await admin().createClient({
    client_name: `Program ${++count}`,
    redirect_uris: [callback, 'http://localhost:4000/cb'],
  })
  return data!
}

function pkce() {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

async function authorize(values: Record<string, string>) {
  const answer = await auth.fetch(`/oauth/authorize?${new URLSearchParams(values)}`)
  return { status: answer.status, location: answer.headers.get('location') ?? '', answer }
}

function exchange(values: Record<string, string>, basic?: string) {
  return fetch(`${auth.url}/oauth/token`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(basic && { authorization: `Basic ${Buffer.from(basic).toString('base64')}` }),
    },
    body: new URLSearchParams(values).toString(),
  })
}

describe('programs', () => {
  test('are kept by an admin, with a secret that is shown once', async () => {
    const made = await program()
    expect(made).toMatchObject({
      client_type: 'confidential',
      registration_type: 'manual',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      client_secret: expect.any(String),
    })
    const found = await admin().getClient(made.client_id)
    expect(found.data?.client_secret).toBeUndefined()
    const renamed = await admin().updateClient(made.client_id, { client_name: 'New' })
    expect(renamed.data).toMatchObject({ client_name: 'New', redirect_uris: made.redirect_uris })
    const again = await admin().regenerateClientSecret(made.client_id)
    expect(again.data?.client_secret).not.toBe(made.client_secret)
    const listed = await admin().listClients({ page: 1, perPage: 1 })
    expect(listed.data?.clients).toHaveLength(1)
    expect((await admin().deleteClient(made.client_id)).error).toBeNull()
    expect((await admin().getClient(made.client_id)).error).toMatchObject({
      status: 404,
      code: 'oauth_client_not_found',
    })
  })

  test.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'http://evil.example/cb',
    'https://x.example/#frag',
    'not a uri',
  ])('have no redirect address like %s', async uri => {
    const { error } = await admin().createClient({ client_name: 'Bad', redirect_uris: [uri] })
    expect(error).toMatchObject({ status: 400, code: 'validation_failed' })
  })

  test('register themselves where that is allowed', async () => {
    const answer = await auth.fetch('/oauth/clients/register', {
      method: 'POST',
      body: {
        client_name: 'Own',
        redirect_uris: ['com.example.app:/cb'],
        token_endpoint_auth_method: 'none',
      },
    })
    expect(answer.status).toBe(201)
    const body = (await answer.json()) as Record<string, unknown>
    expect(body).toMatchObject({ client_type: 'public', registration_type: 'dynamic' })
    expect(body).not.toHaveProperty('client_secret')
  })
})

describe('an authorization', () => {
  test('is consented to, exchanged, refreshed and taken back', async () => {
    const { client, user } = await signedUp()
    const made = await program()
    const { verifier, challenge } = pkce()
    const begun = await authorize({
      client_id: made.client_id,
      redirect_uri: callback,
      response_type: 'code',
      scope: 'openid email',
      state: 'a state',
      nonce: 'n-1',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    })
    expect(begun.location).toMatch(/^http:\/\/localhost:3000\/oauth\/consent\?authorization_id=/)
    const id = new URL(begun.location).searchParams.get('authorization_id') ?? ''
    const details = await client.auth.oauth.getAuthorizationDetails(id)
    expect(details.data).toMatchObject({
      authorization_id: id,
      client: { name: made.client_name },
      user: { id: user.id },
      scope: 'openid email',
    })
    const other = await signedUp()
    expect((await other.client.auth.oauth.getAuthorizationDetails(id)).error).toMatchObject({
      code: 'oauth_authorization_not_found',
    })
    const approved = await client.auth.oauth.approveAuthorization(id, { skipBrowserRedirect: true })
    const back = new URL(approved.data!.redirect_url)
    expect(back.origin + back.pathname).toBe(callback)
    expect(back.searchParams.get('state')).toBe('a state')
    const basic = `${made.client_id}:${made.client_secret}`
    const form = {
      grant_type: 'authorization_code',
      code: back.searchParams.get('code') ?? '',
      redirect_uri: callback,
      code_verifier: verifier,
    }
    const tokens = (await (await exchange(form, basic)).json()) as Record<string, string>
    expect(tokens).toMatchObject({ token_type: 'bearer', scope: 'openid email' })
    const keys = await (await auth.fetch('/.well-known/jwks.json')).json()
    const id_token = await jwtVerify(tokens['id_token']!, createLocalJWKSet(keys as never), {
      audience: made.client_id,
    })
    expect(id_token.payload).toMatchObject({ sub: user.id, email: user.email, nonce: 'n-1' })
    const claims = JSON.parse(Buffer.from(tokens['access_token']!.split('.')[1]!, 'base64url').toString())
    expect(claims).toMatchObject({ client_id: made.client_id, sub: user.id, scope: 'openid email' })

    for (const [method, path, body] of [
      ['PUT', '/user', { password: 'of the program' }],
      ['PUT', '/user', { email: 'program@example.com' }],
      ['POST', '/factors', { factor_type: 'totp' }],
    ] as const) {
      const refused = await auth.fetch(path, { method, body, token: tokens['access_token']! })
      expect([path, refused.status]).toEqual([path, 403])
    }
    const looked = await auth.fetch('/user', { token: tokens['access_token']! })
    expect(looked.status).toBe(200)

    const twice = await exchange(form, basic)
    expect([twice.status, await twice.json()]).toMatchObject([400, { error: 'invalid_grant' }])
    const plain = await auth.fetch('/token?grant_type=refresh_token', {
      method: 'POST',
      body: { refresh_token: tokens['refresh_token'] },
    })
    expect(plain.status).toBe(400)
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens['refresh_token']! }
    expect((await exchange(refresh, basic)).status).toBe(200)

    expect((await client.auth.oauth.listGrants()).data).toMatchObject([{ scopes: ['openid', 'email'] }])
    const quick = await authorize({
      client_id: made.client_id,
      redirect_uri: callback,
      response_type: 'code',
      scope: 'email',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    })
    const known = await client.auth.oauth.getAuthorizationDetails(
      new URL(quick.location).searchParams.get('authorization_id') ?? '',
    )
    expect(known.data).toHaveProperty('redirect_url')
    expect((await client.auth.oauth.revokeGrant({ clientId: made.client_id })).error).toBeNull()
    expect((await client.auth.oauth.listGrants()).data).toEqual([])
    expect((await auth.fetch('/user', { token: tokens['access_token']! })).status).toBe(403)
  })

  test('is denied', async () => {
    const { client } = await signedUp()
    const made = await program()
    const begun = await authorize({
      client_id: made.client_id,
      redirect_uri: callback,
      response_type: 'code',
      code_challenge: pkce().challenge,
    })
    const id = new URL(begun.location).searchParams.get('authorization_id') ?? ''
    const denied = await client.auth.oauth.denyAuthorization(id, { skipBrowserRedirect: true })
    expect(new URL(denied.data!.redirect_url).searchParams.get('error')).toBe('access_denied')
    expect(
      (await client.auth.oauth.approveAuthorization(id, { skipBrowserRedirect: true })).error,
    ).toMatchObject({
      status: 404,
    })
  })

  test('never sends anybody to an address that the program did not register', async () => {
    const made = await program()
    for (const redirect_uri of ['https://evil.example/', `${callback}/../evil`, `${callback}?x=1`, '']) {
      const { status, location } = await authorize({
        client_id: made.client_id,
        redirect_uri,
        response_type: 'code',
        code_challenge: pkce().challenge,
      })
      expect([status, location]).toEqual([400, ''])
    }
  })

  test.each([
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ code_challenge: '' }, 'invalid_request'],
    [{ scope: 'everything' }, 'invalid_scope'],
  ])('with %j goes back with %s', async (change, error) => {
    const made = await program()
    const { location } = await authorize({
      client_id: made.client_id,
      redirect_uri: callback,
      response_type: 'code',
      state: 's',
      code_challenge: pkce().challenge,
      ...change,
    })
    const back = new URL(location)
    expect(location.startsWith(callback)).toBe(true)
    expect([back.searchParams.get('error'), back.searchParams.get('state')]).toEqual([error, 's'])
  })

  test('needs the program’s secret and what the challenge was made of', async () => {
    const { client } = await signedUp()
    const made = await program()
    const approve = async () => {
      const { verifier, challenge } = pkce()
      const begun = await authorize({
        client_id: made.client_id,
        redirect_uri: callback,
        response_type: 'code',
        code_challenge: challenge,
        code_challenge_method: 'S256',
        scope: `email ${count % 2 ? 'phone' : 'profile'}`,
      })
      const id = new URL(begun.location).searchParams.get('authorization_id') ?? ''
      const details = await client.auth.oauth.getAuthorizationDetails(id)
      const url =
        'redirect_url' in details.data!
          ? details.data.redirect_url
          : (await client.auth.oauth.approveAuthorization(id, { skipBrowserRedirect: true })).data!
              .redirect_url
      return {
        grant_type: 'authorization_code',
        code: new URL(url).searchParams.get('code') ?? '',
        redirect_uri: callback,
        code_verifier: verifier,
      }
    }
    const basic = `${made.client_id}:${made.client_secret}`
    const wrong = await exchange(await approve(), `${made.client_id}:wrong`)
    expect([wrong.status, await wrong.json()]).toMatchObject([401, { error: 'invalid_client' }])
    const noVerifier = await exchange({ ...(await approve()), code_verifier: 'x' }, basic)
    expect(await noVerifier.json()).toMatchObject({ error: 'invalid_grant' })
    const moved = await exchange({ ...(await approve()), redirect_uri: 'http://localhost:4000/cb' }, basic)
    expect(await moved.json()).toMatchObject({ error: 'invalid_grant' })
    const other = await program()
    const stolen = await exchange(await approve(), `${other.client_id}:${other.client_secret}`)
    expect(await stolen.json()).toMatchObject({ error: 'invalid_grant' })
  })
})

test('its metadata are published', async () => {
  const answer = await auth.fetch('/.well-known/oauth-authorization-server')
  expect(await answer.json()).toMatchObject({ code_challenge_methods_supported: ['S256', 'plain'] })
})

test('without the setting there is no such server', async () => {
  await using off = await startAuth({ postgres })
  const { error } = await off.client(serviceToken).auth.admin.oauth.listClients()
  expect(error).toMatchObject({ status: 404, code: 'feature_disabled' })
})
