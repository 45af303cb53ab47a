import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../../../../test/support/postgres.ts'
import { serviceToken, startAuth, type TestAuth } from '../testing/auth.ts'
import { throughHashGate } from '../users/hash-gate.ts'

let postgres: TestPostgres
let auth: TestAuth
const password = 'correct horse'
let count = 0
const newEmail = () => `safe${++count}@example.com`

beforeAll(async () => {
  postgres = await startTestPostgres()
  auth = await startAuth({ postgres })
})
afterAll(async () => {
  await auth?.[Symbol.asyncDispose]()
  await postgres?.stop()
})

describe('refreshing', () => {
  test('one token 50 times at once gives one family, and the honest client stays signed in', async () => {
    const { data } = await auth.client().auth.signUp({ email: newEmail(), password })
    const refresh = (refresh_token: string) =>
      auth.fetch('/token?grant_type=refresh_token', { method: 'POST', body: { refresh_token } })
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(data.session!.refresh_token)))
    expect(new Set(answers.map(answer => answer.status))).toEqual(new Set([200]))
    const bodies = (await Promise.all(answers.map(answer => answer.json()))) as { refresh_token: string }[]
    expect(new Set(bodies.map(body => body.refresh_token)).size).toBe(1)
    const { rows } = await auth.admin.query(
      'select count(*) filter (where not revoked)::int as active, count(distinct session_id)::int as families from auth.refresh_tokens where user_id = $1',
      [data.user!.id],
    )
    expect(rows[0]).toEqual({ active: 1, families: 1 })
    expect((await refresh(bodies[0]!.refresh_token)).status).toBe(200)
  })

  test('a stolen old token ends the family', async () => {
    const client = auth.client()
    const { data } = await client.auth.signUp({ email: newEmail(), password })
    await client.auth.refreshSession()
    await client.auth.refreshSession()
    const thief = await auth.client().auth.refreshSession({ refresh_token: data.session!.refresh_token })
    expect(thief.error).toMatchObject({ code: 'refresh_token_already_used' })
    expect((await client.auth.refreshSession()).error).not.toBeNull()
  })
})

describe('hashing passwords', () => {
  test('is bounded, fair between services, and refuses what would wait too long', async () => {
    const [flooded, quiet] = [{}, {}]
    let running = 0
    let most = 0
    const order: string[] = []
    const gates: (() => void)[] = []
    const work = (name: string) => async () => {
      running++
      most = Math.max(most, running)
      await new Promise<void>(resolve => gates.push(resolve))
      running--
      order.push(name)
      return name
    }
    const flood = Array.from({ length: 300 }, () => throughHashGate(flooded, work('flood')))
    const one = throughHashGate(quiet, work('quiet'))
    let settled = false
    const all = Promise.all([...flood, one]).finally(() => (settled = true))
    while (!settled) {
      gates.shift()?.()
      await new Promise(resolve => setImmediate(resolve))
    }
    const results = await all
    expect(most).toBeLessThanOrEqual(3)
    expect(results.filter(result => result === undefined).length).toBeGreaterThan(90)
    expect(order.indexOf('quiet')).toBeLessThan(10)
  })

  test('takes place for an unknown user as for a known one', async () => {
    const email = newEmail()
    await auth.client().auth.signUp({ email, password })
    const known = await auth.client().auth.signInWithPassword({ email, password: 'wrong' })
    const unknown = await auth.client().auth.signInWithPassword({ email: newEmail(), password: 'wrong' })
    const { message, status, code } = known.error!
    expect(unknown.error).toMatchObject({ message, status, code })
  })

  test('leaves the service answering while sign-ins pile up', async () => {
    const email = newEmail()
    await auth.client().auth.signUp({ email, password })
    const flood = Array.from({ length: 12 }, () =>
      auth.fetch('/token?grant_type=password', { method: 'POST', body: { email, password: 'wrong' } }),
    )
    let done = 0
    for (const answer of flood) void answer.then(() => done++)
    expect((await auth.fetch('/health')).status).toBe(200)
    expect(done).toBeLessThan(12)
    expect(new Set((await Promise.all(flood)).map(answer => answer.status))).toEqual(new Set([400]))
  })
})

describe('what is at rest', () => {
  test('is no password and no code in the clear', async () => {
    const email = newEmail()
    const { data } = await auth.client().auth.signUp({ email, password })
    const { rows } = await auth.admin.query('select * from auth.users where id = $1', [data.user!.id])
    expect(rows[0].encrypted_password).toMatch(/^\$2a\$10\$/)
    expect(JSON.stringify(rows[0])).not.toContain(password)
  })
})

describe('the hash in a link', () => {
  test('cannot be made from an address and a guessed code', async () => {
    const email = newEmail()
    await auth.client(serviceToken).auth.admin.createUser({ email, password, email_confirm: true })
    const link = await auth.client(serviceToken).auth.admin.generateLink({ type: 'magiclink', email })
    const { email_otp: otp, hashed_token: hash } = link.data.properties!
    const guessed = createHash('sha224')
      .update(email + otp)
      .digest('hex')
    expect(hash).not.toBe(guessed)
    const wrong = await auth.client().auth.verifyOtp({ token_hash: guessed, type: 'magiclink' })
    expect(wrong.error).toMatchObject({ code: 'otp_expired' })
    const right = await auth.client().auth.verifyOtp({ token_hash: hash, type: 'magiclink' })
    expect(right.error).toBeNull()
  })
})

describe('bad input', () => {
  test.each([
    ['/signup', { email: ['a@b.c'], password }],
    ['/signup', { email: 'a@b.c', password: { $ne: '' } }],
    ['/token?grant_type=password', { email: "' or 1=1 --", password: 'x' }],
    ['/token?grant_type=refresh_token', { refresh_token: "x' or '1'='1" }],
    ['/token?grant_type=refresh_token', { refresh_token: 5 }],
    ['/token?grant_type=pkce', { auth_code: 'x', code_verifier: 'y' }],
    ['/verify', { type: 'signup', token_hash: '%' }],
    ['/verify', { type: '__proto__', token_hash: 'x' }],
    ['/verify', { type: 'sms', phone: '15550000000', token: '\u0000' }],
    ['/otp', { email: 'a@b.c', phone: '15550000000' }],
    ['/recover', { email: 'not an address' }],
    ['/signup', { email: `${'a'.repeat(300)}@example.com`, password }],
    ['/signup', { email: 'x@example.com', password: 'x'.repeat(73) }],
  ])('POST %s %j is refused and says so', async (path, body) => {
    const answer = await auth.fetch(path, { method: 'POST', body })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
    const text = await answer.text()
    expect(text).not.toMatch(/at .*\.ts|node_modules|select |insert /)
    expect(JSON.parse(text)).toHaveProperty('error_code')
  })

  test('a body that is too large is not read', async () => {
    const answer = await auth.fetch('/signup', { method: 'POST', body: { email: 'x'.repeat(2_000_000) } })
    expect(answer.status).toBe(413)
  })

  test('nobody makes themselves an admin by what they send', async () => {
    const client = auth.client()
    const email = newEmail()
    const answer = await auth.fetch('/signup', {
      method: 'POST',
      body: {
        email,
        password,
        role: 'service_role',
        app_metadata: { admin: true },
        is_super_admin: true,
        aud: 'x',
      },
    })
    const { user } = (await answer.json()) as { user: { role: string; app_metadata: object } }
    expect(user).toMatchObject({
      role: 'authenticated',
      app_metadata: { provider: 'email', providers: ['email'] },
    })
    expect(user.app_metadata).not.toHaveProperty('admin')
    await client.auth.signInWithPassword({ email, password })
    const token = (await client.auth.getSession()).data.session!.access_token
    const change = await auth.fetch('/user', {
      method: 'PUT',
      token,
      body: { app_metadata: { admin: true } },
    })
    expect(change.status).toBe(403)
  })
})

describe('sessions', () => {
  test('of a user are one at a time where that is set, per tag', async () => {
    await using single = await startAuth({ postgres, env: { GOTRUE_SESSIONS_SINGLE_PER_USER: 'true' } })
    const email = newEmail()
    const first = single.client()
    await first.auth.signUp({ email, password })
    const second = single.client()
    await second.auth.signInWithPassword({ email, password })
    expect((await first.auth.refreshSession()).error).toMatchObject({
      status: 400,
      code: 'session_expired',
      message: 'Invalid Refresh Token: Session Expired (Revoked by Newer Login)',
    })
    expect((await second.auth.refreshSession()).error).toBeNull()
  })

  test('end after their time, and when nobody uses them', async () => {
    await using short = await startAuth({
      postgres,
      env: { GOTRUE_SESSIONS_TIMEBOX: '24h', GOTRUE_SESSIONS_INACTIVITY_TIMEOUT: '1h' },
    })
    const client = short.client()
    const { data } = await client.auth.signUp({ email: newEmail(), password })
    const age = (column: string, interval: string) =>
      short.admin.query(
        `update auth.sessions set ${column} = now() - interval '${interval}' where user_id = $1`,
        [data.user!.id],
      )
    await age('created_at', '2 hours')
    expect((await client.auth.refreshSession()).error).toMatchObject({
      message: 'Invalid Refresh Token: Session Expired (Inactivity)',
    })
    await short.admin.query(
      "update auth.sessions set refreshed_at = now() at time zone 'utc' where user_id = $1",
      [data.user!.id],
    )
    const [{ token }] = (
      await short.admin.query('select token from auth.refresh_tokens where user_id = $1', [data.user!.id])
    ).rows
    expect((await short.client().auth.refreshSession({ refresh_token: token })).error).toBeNull()
    await age('created_at', '25 hours')
    const last = await short.admin.query(
      'select token from auth.refresh_tokens where user_id = $1 and not revoked',
      [data.user!.id],
    )
    expect(
      (await short.client().auth.refreshSession({ refresh_token: last.rows[0].token })).error,
    ).toMatchObject({
      status: 400,
      code: 'session_expired',
    })
  })
})
