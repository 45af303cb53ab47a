import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../../../../test/support/postgres.ts'
import { serviceToken, startAuth, type TestAuth } from '../testing/auth.ts'
import { TestAuthenticator } from '../testing/authenticator.ts'

let postgres: TestPostgres
let auth: TestAuth
beforeAll(async () => {
  postgres = await startTestPostgres()
  auth = await startAuth({ postgres, env: { GOTRUE_PASSKEY_ENABLED: 'true' } })
})
afterAll(async () => {
  await auth?.[Symbol.asyncDispose]()
  await postgres?.stop()
})

interface Begun {
  readonly challenge_id: string
  readonly options: { readonly publicKey: { challenge: string; rp: { id: string }; rpId: string } }
}

test('a passkey is made once and signs in then, for its owner alone', async () => {
  const { data } = await auth
    .client()
    .auth.signUp({ email: 'passkey@example.com', password: 'correct horse' })
  const token = data.session!.access_token
  const post = (path: string, body: unknown, bearer?: string) =>
    auth.fetch(path, { method: 'POST', body, ...(bearer !== undefined && { token: bearer }) })
  const key = new TestAuthenticator('http://localhost:3000')
  const making = (await (await post('/passkeys/registration/options', {}, token)).json()) as Begun
  const credential = key.create(making.options.publicKey)
  const made = await post(
    '/passkeys/registration/verify',
    { challenge_id: making.challenge_id, credential },
    token,
  )
  expect(made.status).toBe(200)
  const { id } = (await made.json()) as { id: string }
  const replayed = await post(
    '/passkeys/registration/verify',
    { challenge_id: making.challenge_id, credential },
    token,
  )
  expect(await replayed.json()).toMatchObject({ code: 422, error_code: 'webauthn_challenge_not_found' })

  const signIn = async (authenticator: TestAuthenticator) => {
    const begun = (await (await post('/passkeys/authentication/options', {})).json()) as Begun
    return post('/passkeys/authentication/verify', {
      challenge_id: begun.challenge_id,
      credential: authenticator.get(begun.options.publicKey),
    })
  }
  const signedIn = await signIn(key)
  expect(signedIn.status).toBe(200)
  expect(await signedIn.json()).toMatchObject({
    user: { id: data.user!.id },
    access_token: expect.any(String),
  })
  expect((await signIn(new TestAuthenticator('http://localhost:3000'))).status).toBe(422)

  const renamed = await auth.fetch(`/passkeys/${id}`, {
    method: 'PATCH',
    token,
    body: { friendly_name: 'laptop' },
  })
  expect(await renamed.json()).toMatchObject({ friendly_name: 'laptop', last_used_at: expect.any(String) })
  const other = await auth.client().auth.signUp({ email: 'other@example.com', password: 'correct horse' })
  const theirs = await auth.fetch(`/passkeys/${id}`, {
    method: 'DELETE',
    token: other.data.session!.access_token,
  })
  expect(theirs.status).toBe(404)
  const listed = await auth.fetch(`/admin/users/${data.user!.id}/passkeys`, { token: serviceToken })
  expect(await listed.json()).toMatchObject([{ id }])
  expect((await auth.fetch(`/passkeys/${id}`, { method: 'DELETE', token })).status).toBe(204)
  expect((await signIn(key)).status).toBe(422)
})

test('without the setting there are none', async () => {
  await using off = await startAuth({ postgres })
  const answer = await off.fetch('/passkeys/authentication/options', { method: 'POST', body: {} })
  expect(await answer.json()).toMatchObject({ code: 404, error_code: 'passkey_disabled' })
})
