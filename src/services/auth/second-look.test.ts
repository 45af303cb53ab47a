import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../../../test/support/postgres.ts'
import { serviceToken, startAuth, type TestAuth, token } from './testing/auth.ts'
import { startSmtp, type TestSmtp } from './testing/smtp.ts'

// What GoTrue's source does in places that its documentation does not speak of.

let postgres: TestPostgres
let smtp: TestSmtp
/** Addresses have to be proved. */
let strict: TestAuth
/** They have not. */
let lax: TestAuth
const password = 'correct horse'
const newEmail = () => `${randomUUID()}@example.com`

beforeAll(async () => {
  postgres = await startTestPostgres()
  smtp = await startSmtp()
  const env = {
    GOTRUE_SMTP_HOST: '127.0.0.1',
    GOTRUE_SMTP_PORT: String(smtp.port),
    GOTRUE_SMTP_MAX_FREQUENCY: '0s',
    GOTRUE_EXTERNAL_PHONE_ENABLED: 'true',
  }
  strict = await startAuth({ postgres, env: { ...env, GOTRUE_MAILER_AUTOCONFIRM: 'false' } })
  lax = await startAuth({ postgres, env: { ...env, GOTRUE_SMS_AUTOCONFIRM: 'true' } })
})
afterAll(async () => {
  await strict?.[Symbol.asyncDispose]()
  await lax?.[Symbol.asyncDispose]()
  await smtp?.[Symbol.asyncDispose]()
  await postgres?.stop()
})

async function post(auth: TestAuth, path: string, body: unknown, bearer?: string, method = 'POST') {
  const answer = await auth.fetch(path, { method, body, ...(bearer !== undefined && { token: bearer }) })
  const text = await answer.text()
  return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> }
}

interface Session {
  readonly access_token: string
  readonly refresh_token: string
  readonly user: { readonly id: string; readonly email: string; readonly new_email?: string }
}

async function signUp(email = newEmail(), chosen = password): Promise<Session> {
  return (await post(lax, '/signup', { email, password: chosen })).body as unknown as Session
}

describe('words and statuses', () => {
  test.each<[string, unknown, number, string, string]>([
    ['/signup', { email: 'a@b.c' }, 400, 'validation_failed', 'Signup requires a valid password'],
    ['/signup', { email: 'ä@b.c', password }, 400, 'validation_failed', 'Unable to validate email address'],
    ['/signup', { email: `${'x'.repeat(252)}@b.c`, password }, 400, 'validation_failed', 'too long'],
    ['/signup', { phone: '++491234', password }, 400, 'validation_failed', 'Invalid phone number format'],
    [
      '/signup',
      { phone: '491234567', password, code_challenge: 'x', code_challenge_method: 's256' },
      400,
      'validation_failed',
      'PKCE not supported for phone signups',
    ],
    ['/otp', { email: 'a@b.c', channel: 'sms' }, 400, 'validation_failed', 'Channel should only'],
    ['/recover', {}, 400, 'validation_failed', 'Password recovery requires an email'],
    ['/magiclink', {}, 422, 'validation_failed', 'Password recovery requires an email'],
    ['/resend', { type: 'signup' }, 400, 'validation_failed', 'Type provided requires an email address'],
    ['/resend', { type: 'sms' }, 400, 'validation_failed', 'Type provided requires a phone number'],
    ['/resend', { type: 'email_change' }, 400, 'validation_failed', 'Missing email address or phone number'],
    ['/verify', { type: 'signup' }, 400, 'validation_failed', 'either a token or a token hash'],
    ['/verify', { type: 'signup', token: 'a', token_hash: 'b' }, 400, 'validation_failed', 'either a token'],
    [
      '/verify',
      { type: 'signup', token_hash: 'b', redirect_to: 'http://localhost:3000' },
      400,
      'validation_failed',
      'Only the token_hash and type should be provided',
    ],
    [
      '/token?grant_type=password',
      { phone: 'nobody', password },
      400,
      'invalid_credentials',
      'Invalid login',
    ],
    ['/token?grant_type=none', {}, 400, 'invalid_credentials', 'unsupported_grant_type'],
  ])('POST %s with %j', async (path, body, status, code, message) => {
    const answer = await post(strict, path, body)
    expect([answer.status, answer.body['error_code']]).toEqual([status, code])
    expect(answer.body['msg']).toContain(message)
  })

  test('a body that is missing is not an empty one; null is', async () => {
    const missing = await strict.fetch('/recover', { method: 'POST' })
    expect([missing.status, ((await missing.json()) as { error_code: string }).error_code]).toEqual([
      400,
      'bad_json',
    ])
    expect((await post(strict, '/recover', null)).body['error_code']).toBe('validation_failed')
  })

  test('a link that leads nowhere says so only in words that OAuth has', async () => {
    const { user } = await signUp()
    await strict.admin.query('update auth.users set banned_until = $2 where id = $1', [user.id, 'infinity'])
    const expired = await strict.fetch('/verify?type=signup&token=none')
    const fragment = new URL(expired.headers.get('location') ?? '').hash
    expect(new URLSearchParams(fragment.slice(1)).get('error')).toBe('access_denied')
  })
})

describe('an admin', () => {
  const admin = (path: string, body: unknown, method = 'POST') =>
    post(strict, `/admin/users${path}`, body, serviceToken, method)

  test('may choose any password, and signs the user out with a new one', async () => {
    const session = await signUp()
    const weak = await admin('', { email: newEmail(), password: 'x' })
    expect(weak.status).toBe(200)
    const long = await admin('', { email: newEmail(), password: 'x'.repeat(73) })
    expect([long.status, long.body['error_code']]).toEqual([400, 'validation_failed'])
    await admin(`/${session.user.id}`, { password: 'another password' }, 'PUT')
    const refreshed = await post(strict, '/token?grant_type=refresh_token', {
      refresh_token: session.refresh_token,
    })
    expect([refreshed.status, refreshed.body['error_code']]).toEqual([400, 'refresh_token_not_found'])
  })

  test('leaves an address unproved unless told otherwise', async () => {
    const anonymous = (await post(lax, '/signup', {})).body as unknown as Session
    const email = newEmail()
    const changed = (await admin(`/${anonymous.user.id}`, { email }, 'PUT')).body
    expect(changed).toMatchObject({ email, is_anonymous: true })
    expect(changed['email_confirmed_at']).toBeUndefined()
    const confirmed = (await admin(`/${anonymous.user.id}`, { email, email_confirm: true }, 'PUT')).body
    expect(confirmed).toMatchObject({
      is_anonymous: false,
      user_metadata: { email_verified: true },
      identities: [{ identity_data: { email, email_verified: true } }],
    })
  })

  test('cannot make a hash that takes days to check', async () => {
    const hash = `$2a$31$${'x'.repeat(53)}`
    const made = await admin('', { email: newEmail(), password_hash: hash })
    expect([made.status, made.body['msg']]).toEqual([400, 'password_hash must have a cost of at most 16'])
  })

  test('cannot make nobody', async () => {
    const nobody = await admin('', { email: newEmail(), id: '00000000-0000-0000-0000-000000000000' })
    expect([nobody.status, nobody.body['msg']]).toEqual([400, 'ID cannot be a nil uuid'])
  })
})

describe('somebody who is not confirmed yet', () => {
  test('shows nothing of an invitation to whoever types the address', async () => {
    const email = newEmail()
    const invited = await post(strict, '/invite', { email, data: { salary: 100 } }, serviceToken)
    expect(invited.body).toMatchObject({ user_metadata: { salary: 100 } })
    expect(invited.body['user_metadata']).not.toHaveProperty('sub')
    const { status, body } = await post(strict, '/signup', { email, password })
    expect([status, body['user_metadata'], body['identities']]).toEqual([200, {}, []])
  })

  test('is opened by their own password alone where nothing has to be proved', async () => {
    const email = newEmail()
    await post(strict, '/admin/users', { email, password: 'of the owner' }, serviceToken)
    const other = await post(lax, '/signup', { email, password })
    expect([other.status, other.body['error_code']]).toEqual([422, 'user_already_exists'])
    const owner = await post(lax, '/signup', { email, password: 'of the owner' })
    expect(owner.body['access_token']).toBeDefined()
    const phone = '491700000001'
    await post(strict, '/admin/users', { phone, password: 'of the owner' }, serviceToken)
    expect((await post(lax, '/signup', { phone, password })).body['error_code']).toBe('user_already_exists')
    expect((await post(lax, '/signup', { phone, password: 'of the owner' })).status).toBe(200)
  })
})

describe('a change of address', () => {
  test('is proved by everybody who had one, by one link where sign-ups are not', async () => {
    const { access_token, user } = await signUp()
    const email = newEmail()
    const asked = await post(lax, '/user', { email }, access_token, 'PUT')
    expect(asked.body).toMatchObject({ email: user.email, new_email: email })
    const link = new URL(smtp.last(email).link.replace('/auth/v1', ''))
    const followed = await lax.fetch(`${link.pathname}${link.search}`)
    expect(followed.headers.get('location')).toContain('#access_token=')
    const { rows } = await lax.admin.query('select email from auth.users where id = $1', [user.id])
    expect(rows[0].email).toBe(email)
  })

  test('is done at once by somebody anonymous, and where no mail can be sent', async () => {
    const anonymous = (await post(lax, '/signup', {})).body as unknown as Session
    const email = newEmail()
    expect((await post(lax, '/user', { email }, anonymous.access_token, 'PUT')).body).toMatchObject({
      email,
      is_anonymous: false,
    })
    await using mute = await startAuth({ postgres })
    const { access_token } = await signUp()
    const other = newEmail()
    expect((await post(mute, '/user', { email: other }, access_token, 'PUT')).body).toMatchObject({
      email: other,
    })
  })

  test('does not outlive a new password', async () => {
    const { access_token } = await signUp()
    const email = newEmail()
    await post(lax, '/user', { email }, access_token, 'PUT')
    await post(lax, '/user', { password: 'a new password' }, access_token, 'PUT')
    const link = new URL(smtp.last(email).link.replace('/auth/v1', ''))
    const followed = await lax.fetch(`${link.pathname}${link.search}`)
    expect(followed.headers.get('location')).toContain('error_code=otp_expired')
  })
})

describe('audiences', () => {
  test('are the token’s unless the request names one', async () => {
    const made = await post(strict, '/admin/users', { email: newEmail(), aud: 'other' }, serviceToken)
    const bearer = token({ sub: made.body['id'], aud: 'other', role: 'authenticated' })
    expect((await strict.fetch('/user', { token: bearer })).status).toBe(200)
    const named = await strict.fetch('/user', { token: bearer, headers: { 'x-jwt-aud': 'authenticated' } })
    expect(named.status).toBe(400)
    expect((await strict.fetch('/user', { token: token({ sub: made.body['id'] }) })).status).toBe(400)
  })
})

describe('addresses to go on to', () => {
  async function endOf(redirectTo: string): Promise<string> {
    const email = newEmail()
    await post(strict, `/signup?redirect_to=${encodeURIComponent(redirectTo)}`, { email, password })
    const link = new URL(smtp.last(email).link.replace('/auth/v1', ''))
    const answer = await strict.fetch(`${link.pathname}${link.search}`)
    expect(answer.status).toBe(303)
    return answer.headers.get('location') ?? ''
  }

  test.each([
    ['http://localhost:3000/\r\nSet-Cookie: a=b', 'http://localhost:3000#access_token='],
    ['http://localhost:3000/\tx', 'http://localhost:3000#access_token='],
    [' http://localhost:3000/x', 'http://localhost:3000#access_token='],
    ['http://localhost:3000/grüße?q=ü', 'http://localhost:3000/gr%C3%BC%C3%9Fe?q=%C3%BC#access_token='],
    ['http://127.0.0.1:4711/back', 'http://127.0.0.1:4711/back#access_token='],
    ['http://2130706433/', 'http://localhost:3000#access_token='],
    ['http://10.0.0.1/', 'http://localhost:3000#access_token='],
    ['javascript://127.0.0.1/%0aalert(1)', 'http://localhost:3000#access_token='],
    ['//evil.example.org', 'http://localhost:3000#access_token='],
    ['http://localhost:3000@evil.example.org/', 'http://localhost:3000#access_token='],
  ])('from %j', async (redirectTo, start) => {
    expect(await endOf(redirectTo)).toContain(start)
  })
})
