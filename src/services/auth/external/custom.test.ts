import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../../../../test/support/postgres.ts'
import { serviceToken, startAuth, type TestAuth } from '../testing/auth.ts'
import { startOidc } from '../testing/oidc.ts'

let postgres: TestPostgres
let auth: TestAuth
beforeAll(async () => {
  postgres = await startTestPostgres()
  auth = await startAuth({ postgres, env: { GOTRUE_CUSTOM_OAUTH_ALLOW_INNER_NETWORK: 'true' } })
})
afterAll(async () => {
  await auth?.[Symbol.asyncDispose]()
  await postgres?.stop()
})

test('a provider that an admin adds signs people in, and its secret is never shown', async () => {
  const callback = `${auth.url}/auth/v1/callback`
  await using oidc = await startOidc({ id: 'app', secret: 'the-secret', redirectUris: [callback] })
  oidc.people.set('ada', { email: 'ada@example.com', email_verified: true, name: 'Ada' })
  const admin = auth.client(serviceToken).auth.admin.customProviders
  const made = await admin.createProvider({
    provider_type: 'oidc',
    identifier: 'custom:acme',
    name: 'Acme',
    client_id: 'app',
    client_secret: 'the-secret',
    issuer: oidc.issuer,
  })
  expect(made.error).toBeNull()
  expect(made.data).toMatchObject({ identifier: 'custom:acme', enabled: true, pkce_enabled: true })
  expect(JSON.stringify(made.data)).not.toContain('the-secret')
  const again = await admin.createProvider({
    provider_type: 'oidc',
    identifier: 'custom:acme',
    name: 'Acme',
    client_id: 'app',
    client_secret: 'x',
    issuer: oidc.issuer,
  })
  expect(again.error).toMatchObject({ status: 409, code: 'conflict' })

  const begun = await auth.fetch('/authorize?provider=custom:acme')
  const back = new URL(await oidc.signIn(begun.headers.get('location') ?? '', 'ada'))
  const answer = await auth.fetch(`/callback${back.search}`)
  const fragment = new URLSearchParams(new URL(answer.headers.get('location') ?? '').hash.slice(1))
  const user = await auth.fetch('/user', { token: fragment.get('access_token') ?? '' })
  expect(await user.json()).toMatchObject({
    email: 'ada@example.com',
    identities: [{ provider: 'custom:acme' }],
  })

  expect((await admin.updateProvider('custom:acme', { enabled: false })).data).toMatchObject({
    enabled: false,
  })
  expect((await auth.fetch('/authorize?provider=custom:acme')).status).toBe(400)
  expect((await admin.listProviders({ type: 'oidc' })).data?.providers).toHaveLength(1)
  expect((await admin.deleteProvider('custom:acme')).error).toBeNull()
  expect((await admin.getProvider('custom:acme')).error).toMatchObject({ status: 404 })
})

test('one that was added while inner networks were allowed is not asked when they are not', async () => {
  const admin = auth.client(serviceToken).auth.admin.customProviders
  const made = await admin.createProvider({
    provider_type: 'oidc',
    identifier: 'custom:inner',
    name: 'Inner',
    client_id: 'x',
    client_secret: 'x',
    issuer: 'http://127.0.0.1:1',
  })
  expect(made.error).toBeNull()
  await using strict = await startAuth({ postgres })
  const asked = await strict.fetch('/authorize?provider=custom:inner')
  expect([asked.status, ((await asked.json()) as { msg: string }).msg]).toEqual([
    400,
    'The provider is in an inner network; GOTRUE_CUSTOM_OAUTH_ALLOW_INNER_NETWORK lets it be',
  ])
})

test.each([
  [{ provider_type: 'ldap' }, 'provider_type must be oidc or oauth2'],
  [{ identifier: 'google' }, 'identifier must be custom:'],
  [{ issuer: 'http://10.0.0.1/' }, 'issuer must be an https address'],
  [{ issuer: 'https://127.0.0.1:4280' }, 'GOTRUE_CUSTOM_OAUTH_ALLOW_INNER_NETWORK'],
  [{ jwks_uri: 'https://169.254.169.254/' }, 'jwks_uri must be an https address'],
  [{ issuer: undefined }, 'issuer is required'],
])('with %j it is refused', async (change, message) => {
  await using strict = await startAuth({ postgres })
  const answer = await strict.fetch('/admin/custom-providers', {
    method: 'POST',
    token: serviceToken,
    body: {
      provider_type: 'oidc',
      identifier: 'custom:x',
      name: 'X',
      client_id: 'x',
      client_secret: 'x',
      issuer: 'https://x.example',
      ...change,
    },
  })
  expect(answer.status).toBe(400)
  expect(((await answer.json()) as { msg: string }).msg).toContain(message)
})
