import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serviceToken, startAuth, type TestAuth } from './testing/auth.ts'

let auth: TestAuth
beforeAll(async () => {
  auth = await startAuth()
}, 120_000)
afterAll(async () => auth?.[Symbol.asyncDispose]())

const password = 'correct horse'
let count = 0
const newEmail = () => `user${++count}@example.com`

async function signedUp() {
  const client = auth.client()
  const email = newEmail()
  const { data, error } = await client.auth.signUp({ email, password, options: { data: { name: 'Ada' } } })
  expect(error).toBeNull()
  return { client, email, user: data.user!, session: data.session! }
}

describe('the official client', () => {
  test('signs up and is signed in', async () => {
    const { user, session, email } = await signedUp()
    expect(user).toMatchObject({ email, role: 'authenticated', aud: 'authenticated', is_anonymous: false })
    expect(user.user_metadata).toMatchObject({ name: 'Ada' })
    expect(user.app_metadata).toEqual({ provider: 'email', providers: ['email'] })
    expect(user.identities?.[0]).toMatchObject({ provider: 'email', id: user.id, identity_data: { email } })
    const claims = JSON.parse(Buffer.from(session.access_token.split('.')[1]!, 'base64url').toString())
    expect(claims).toMatchObject({
      iss: `${auth.url}/auth/v1`,
      sub: user.id,
      email,
      role: 'authenticated',
      aal: 'aal1',
      amr: [{ method: 'password' }],
    })
    expect(claims.exp - claims.iat).toBe(3600)
  })

  test('signs in with a password and sees who it is', async () => {
    const { email, user } = await signedUp()
    const other = auth.client()
    const signIn = await other.auth.signInWithPassword({ email: email.toUpperCase(), password })
    expect(signIn.error).toBeNull()
    const seen = await other.auth.getUser()
    expect(seen.data.user?.id).toBe(user.id)
    expect((await other.auth.getClaims()).data?.claims.sub).toBe(user.id)
  })

  test('is told nothing but that the credentials are wrong', async () => {
    const { email } = await signedUp()
    const wrong = await auth.client().auth.signInWithPassword({ email, password: 'wrong' })
    const unknown = await auth.client().auth.signInWithPassword({ email: newEmail(), password })
    for (const { error } of [wrong, unknown]) {
      expect(error).toMatchObject({
        status: 400,
        code: 'invalid_credentials',
        message: 'Invalid login credentials',
      })
    }
  })

  test('cannot sign up twice, nor with a weak password', async () => {
    const { email } = await signedUp()
    const again = await auth.client().auth.signUp({ email, password })
    expect(again.error).toMatchObject({ status: 422, code: 'user_already_exists' })
    const weak = await auth.client().auth.signUp({ email: newEmail(), password: 'short' })
    expect(weak.error).toMatchObject({ status: 422, code: 'weak_password', reasons: ['length'] })
    const bad = await auth.client().auth.signUp({ email: 'nobody', password })
    expect(bad.error).toMatchObject({ status: 400, code: 'validation_failed' })
  })

  test('refreshes its session and the old token is worth nothing soon', async () => {
    const { client, session } = await signedUp()
    const first = await client.auth.refreshSession()
    expect(first.error).toBeNull()
    const second = await client.auth.refreshSession()
    expect(second.data.session?.refresh_token).not.toBe(session.refresh_token)
    const reused = await auth.client().auth.refreshSession({ refresh_token: session.refresh_token })
    expect(reused.error).toMatchObject({ status: 400, code: 'refresh_token_already_used' })
    // The whole family is gone.
    const newest = await client.auth.refreshSession()
    expect(newest.error).toMatchObject({ status: 400, code: 'refresh_token_already_used' })
  })

  test('gets the same answer again when the answer to its refresh was lost', async () => {
    const { session } = await signedUp()
    const one = await auth.client().auth.refreshSession({ refresh_token: session.refresh_token })
    const two = await auth.client().auth.refreshSession({ refresh_token: session.refresh_token })
    expect(two.error).toBeNull()
    expect(two.data.session?.refresh_token).toBe(one.data.session?.refresh_token)
  })

  test('changes metadata and password, which ends other sessions', async () => {
    const { client, email } = await signedUp()
    const other = auth.client()
    await other.auth.signInWithPassword({ email, password })
    const named = await client.auth.updateUser({ data: { name: null, city: 'London' } })
    expect(named.data.user?.user_metadata).toMatchObject({ city: 'London' })
    expect(named.data.user?.user_metadata).not.toHaveProperty('name')
    const same = await client.auth.updateUser({ password })
    expect(same.error).toMatchObject({ status: 422, code: 'same_password' })
    expect((await client.auth.updateUser({ password: 'another horse' })).error).toBeNull()
    expect((await client.auth.getUser()).error).toBeNull()
    // Somebody whose session is gone is signed out by the client itself.
    const gone = await other.auth.getUser()
    expect(gone.data.user).toBeNull()
    expect(
      (await auth.client().auth.signInWithPassword({ email, password: 'another horse' })).error,
    ).toBeNull()
  })

  test('changes the email at once where emails are not confirmed', async () => {
    const { client, user } = await signedUp()
    const email = newEmail()
    const changed = await client.auth.updateUser({ email })
    expect(changed.data.user).toMatchObject({ id: user.id, email })
    const taken = (await signedUp()).email
    expect((await client.auth.updateUser({ email: taken })).error).toMatchObject({ code: 'email_exists' })
  })

  test('signs out here, elsewhere, everywhere', async () => {
    const { client, email, session } = await signedUp()
    const second = auth.client()
    const { data } = await second.auth.signInWithPassword({ email, password })
    expect((await client.auth.signOut({ scope: 'others' })).error).toBeNull()
    const ended = await auth.fetch('/user', { token: data.session!.access_token })
    expect(ended.status).toBe(403)
    expect(await ended.json()).toMatchObject({ error_code: 'session_not_found' })
    expect((await client.auth.getUser()).error).toBeNull()
    expect((await client.auth.signOut()).error).toBeNull()
    const late = await auth.client().auth.refreshSession({ refresh_token: session.refresh_token })
    expect(late.error).toMatchObject({ code: 'refresh_token_not_found' })
  })

  test('signs in anonymously and becomes somebody later', async () => {
    const client = auth.client()
    const { data, error } = await client.auth.signInAnonymously({ options: { data: { cart: 1 } } })
    expect(error).toBeNull()
    expect(data.user).toMatchObject({ is_anonymous: true, user_metadata: { cart: 1 } })
    const email = newEmail()
    const named = await client.auth.updateUser({ email, password })
    expect(named.data.user).toMatchObject({ id: data.user!.id, email, is_anonymous: false })
    expect((await auth.client().auth.signInWithPassword({ email, password })).data.user?.id).toBe(
      data.user!.id,
    )
  })
})

describe('the admin client', () => {
  const admin = () => auth.client(serviceToken).auth.admin

  test('makes, reads, changes and deletes users', async () => {
    const email = newEmail()
    const made = await admin().createUser({
      email,
      password,
      email_confirm: true,
      user_metadata: { name: 'Ada' },
      app_metadata: { team: 7 },
    })
    expect(made.error).toBeNull()
    const id = made.data.user!.id
    expect(made.data.user).toMatchObject({
      app_metadata: { provider: 'email', providers: ['email'], team: 7 },
    })
    expect((await admin().getUserById(id)).data.user?.email).toBe(email)
    expect((await auth.client().auth.signInWithPassword({ email, password })).error).toBeNull()
    const twice = await admin().createUser({ email, password })
    expect(twice.error).toMatchObject({ status: 422, code: 'email_exists' })

    const changed = await admin().updateUserById(id, {
      email: `new-${email}`,
      ban_duration: '24h',
      role: 'editor',
      app_metadata: { team: null },
    })
    expect(changed.data.user).toMatchObject({ email: `new-${email}`, role: 'editor' })
    expect(changed.data.user?.app_metadata).not.toHaveProperty('team')
    const banned = await auth.client().auth.signInWithPassword({ email: `new-${email}`, password })
    expect(banned.error).toMatchObject({ code: 'user_banned' })
    await admin().updateUserById(id, { ban_duration: 'none', password: 'another horse' })
    const back = await auth
      .client()
      .auth.signInWithPassword({ email: `new-${email}`, password: 'another horse' })
    expect(back.error).toBeNull()

    expect((await admin().deleteUser(id)).error).toBeNull()
    expect((await admin().getUserById(id)).error).toMatchObject({ status: 404, code: 'user_not_found' })
  })

  test('keeps the row of a softly deleted user, without who it was', async () => {
    const email = newEmail()
    const { data } = await admin().createUser({ email, password, email_confirm: true })
    expect((await admin().deleteUser(data.user!.id, true)).error).toBeNull()
    const { rows } = await auth.admin.query('select * from auth.users where id = $1', [data.user!.id])
    expect(rows[0].deleted_at).not.toBeNull()
    expect(JSON.stringify(rows[0])).not.toContain(email)
    expect((await admin().createUser({ email, password })).error).toBeNull()
  })

  test('pages through users', async () => {
    for (let i = 0; i < 3; i++) await admin().createUser({ email: newEmail() })
    const { data } = await admin().listUsers({ page: 1, perPage: 2 })
    expect(data.users).toHaveLength(2)
    expect(data).toMatchObject({ nextPage: 2, aud: 'authenticated' })
    const { rows } = await auth.admin.query('select count(*)::int as n from auth.users')
    expect((data as { total: number }).total).toBe(rows[0].n)
  })

  test('needs the service key', async () => {
    const { error } = await auth.client().auth.admin.listUsers()
    expect(error).toMatchObject({ status: 403, code: 'not_admin' })
  })
})
