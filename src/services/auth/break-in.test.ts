import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../../../test/support/postgres.ts'
import { codeAt } from './mfa/totp.ts'
import { serviceToken, startAuth, type TestAuth } from './testing/auth.ts'
import { keycloakIs, startOidc, type TestOidc } from './testing/oidc.ts'
import { startSmsGateway, type TestSmsGateway } from './testing/sms.ts'
import { startSmtp, type TestSmtp } from './testing/smtp.ts'

// Ways into somebody else's account. Each was tried, and some were open once.

let postgres: TestPostgres
let auth: TestAuth
let smtp: TestSmtp
let sms: TestSmsGateway
let oidc: TestOidc
const password = 'correct horse'
const client = { id: 'our-app', secret: 'a-secret-of-the-client' }
const redirectUri = 'https://api.example.com/auth/v1/callback'
let count = 0
const newPhone = () => `4917${String(10_000_000 + ++count)}`
const newEmail = () => `${randomUUID()}@example.com`

beforeAll(async () => {
  postgres = await startTestPostgres()
  smtp = await startSmtp()
  sms = await startSmsGateway()
  oidc = await startOidc({ ...client, redirectUris: [redirectUri] })
  auth = await startAuth({
    postgres,
    env: {
      GOTRUE_MAILER_AUTOCONFIRM: 'false',
      GOTRUE_SMTP_HOST: '127.0.0.1',
      GOTRUE_SMTP_PORT: String(smtp.port),
      GOTRUE_SMTP_MAX_FREQUENCY: '0s',
      GOTRUE_EXTERNAL_PHONE_ENABLED: 'true',
      GOTRUE_SMS_PROVIDER: 'http',
      GOTRUE_SMS_HTTP_URL: sms.url,
      GOTRUE_SMS_MAX_FREQUENCY: '0s',
      GOTRUE_SECURITY_MANUAL_LINKING_ENABLED: 'true',
      GOTRUE_MFA_PHONE_ENROLL_ENABLED: 'true',
      GOTRUE_MFA_PHONE_VERIFY_ENABLED: 'true',
      GOTRUE_RATE_LIMIT_EMAIL_SENT: '1000',
      GOTRUE_RATE_LIMIT_SMS_SENT: '1000',
      ...keycloakIs(oidc, client, redirectUri),
    },
  })
})
afterAll(async () => {
  await auth?.[Symbol.asyncDispose]()
  await Promise.all([smtp, sms, oidc].map(one => one?.[Symbol.asyncDispose]()))
  await postgres?.stop()
})

async function post(path: string, body: unknown, bearer?: string, method = 'POST') {
  const answer = await auth.fetch(path, { method, body, ...(bearer !== undefined && { token: bearer }) })
  const text = await answer.text()
  return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> }
}

/** Somebody with an address, or a number, that they proved. */
async function owner(by: { email?: string; phone?: string }, data: unknown = {}) {
  await post('/signup', { ...by, password, data })
  const typed = by.email === undefined ? { type: 'sms', ...by, token: sms.last(by.phone ?? '') } : undefined
  const proof = typed ?? { type: 'signup', email: by.email, token: smtp.last(by.email ?? '').otp }
  const { body } = await post('/verify', proof)
  return { token: String(body['access_token']), user: body['user'] as { id: string; email: string } }
}

/** Through the provider and back; `token` adds the identity to its owner. */
async function atProvider(claims: Record<string, unknown>, token?: string) {
  const login = `person-${++count}`
  oidc.people.set(login, claims)
  const path = token === undefined ? '/authorize' : '/user/identities/authorize'
  const begun = await auth.fetch(`${path}?provider=keycloak`, token === undefined ? {} : { token })
  const back = new URL(await oidc.signIn(begun.headers.get('location') ?? '', login))
  const answer = await auth.fetch(`/callback${back.search}`)
  const end = new URL(answer.headers.get('location') ?? '')
  return { query: end.searchParams, fragment: new URLSearchParams(end.hash.slice(1)) }
}

async function userOf(token: string | null) {
  const answer = await auth.fetch('/user', { token: token ?? '' })
  return (await answer.json()) as { id: string; email: string; identities: { provider: string }[] }
}

describe('codes', () => {
  test('are not guessed by many at once, nor under several types', async () => {
    const email = newEmail()
    await post('/signup', { email, password })
    const types = ['email', 'signup', 'invite', 'magiclink', 'recovery']
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        post('/verify', { type: types[n % types.length], email, token: String(n).padStart(6, '0') }),
      ),
    )
    const checked = answers.filter(one => one.status !== 429).length
    expect(checked).toBeLessThanOrEqual(31)
    const { token } = await owner({ email: newEmail() })
    const { body: factor } = await post('/factors', { factor_type: 'totp', friendly_name: 'a' }, token)
    const { body: challenge } = await post(`/factors/${factor['id']}/challenge`, {}, token)
    const codes = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        post(
          `/factors/${factor['id']}/verify`,
          { challenge_id: challenge['id'], code: String(n).padStart(6, '0') },
          token,
        ),
      ),
    )
    expect(codes.filter(one => one.status !== 429).length).toBeLessThanOrEqual(31)
  })

  test('that are right are not counted', async () => {
    const email = newEmail()
    await owner({ email })
    for (let round = 0; round < 32; round++) {
      await post('/magiclink', { email })
      const { status } = await post('/verify', { type: 'magiclink', email, token: smtp.last(email).otp })
      expect(status).toBe(200)
    }
  })
})

describe('an address that somebody only claims', () => {
  test('in what they say of themselves finds no account', async () => {
    const victim = newEmail()
    const thief = await owner({ phone: newPhone() }, { email: victim, email_verified: true, sub: 'x' })
    const { rows } = await auth.admin.query('select identity_data from auth.identities where user_id = $1', [
      thief.user.id,
    ])
    expect(rows[0].identity_data).not.toHaveProperty('email')
    expect(rows[0].identity_data.sub).toBe(thief.user.id)
    const { fragment } = await atProvider({ email: victim, email_verified: true })
    expect((await userOf(fragment.get('access_token'))).id).not.toBe(thief.user.id)
  })

  test('at a provider finds no account', async () => {
    const victim = newEmail()
    const thief = await owner({ email: newEmail() })
    await atProvider({ email: victim, email_verified: false }, thief.token)
    const { fragment } = await atProvider({ email: victim, email_verified: true })
    const user = await userOf(fragment.get('access_token'))
    expect([user.email, user.id === thief.user.id]).toEqual([victim, false])
  })

  test('is in no token before it is proved', async () => {
    const victim = newEmail()
    const thief = await owner({ phone: newPhone() })
    const { query } = await atProvider({ email: victim, email_verified: false }, thief.token)
    expect(query.get('error_code')).toBe('email_not_confirmed')
    expect(await userOf(thief.token)).toMatchObject({ email: '', new_email: victim })
    // The owner of the address follows the link that it got.
    const link = new URL(smtp.last(victim).link.replace('/auth/v1', ''))
    await auth.fetch(`${link.pathname}${link.search}`)
    expect((await userOf(thief.token)).email).toBe(victim)
  })

  test('does not become the account’s when the one that was proved is unlinked', async () => {
    const victim = newEmail()
    const thief = await owner({ email: newEmail() })
    await atProvider({ email: victim, email_verified: false }, thief.token)
    const { body } = await post('/user', {}, thief.token, 'PUT')
    const identities = body['identities'] as { identity_id: string; provider: string }[]
    const own = identities.find(one => one.provider === 'email')?.identity_id
    const gone = await auth.fetch(`/user/identities/${own}`, { method: 'DELETE', token: thief.token })
    expect(gone.status).toBe(200)
    expect((await userOf(thief.token)).email).toBe('')
  })

  test('takes everything from a row that waits with it, a phone included', async () => {
    const victim = newEmail()
    const phone = newPhone()
    await post('/admin/users', { email: victim, phone, phone_confirm: true, password }, serviceToken)
    const waiting = await post('/token?grant_type=password', { phone, password })
    const { fragment } = await atProvider({ email: victim, email_verified: true })
    const user = await userOf(fragment.get('access_token'))
    expect(user).toMatchObject({ email: victim, phone: '', identities: [{ provider: 'keycloak' }] })
    expect((await post('/token?grant_type=password', { phone, password })).status).toBe(400)
    expect((await auth.fetch('/user', { token: String(waiting.body['access_token']) })).status).toBe(403)
  })
})

describe('a second factor', () => {
  test('cannot be finished beside one that counts by somebody with the password alone', async () => {
    const { token, user } = await owner({ email: newEmail() })
    const phone = newPhone()
    const thief = (await post('/token?grant_type=password', { email: user.email, password })).body
    const planted = await post(
      '/factors',
      { factor_type: 'phone', phone, friendly_name: 'planted' },
      String(thief['access_token']),
    )
    const { body: mine } = await post('/factors', { factor_type: 'totp', friendly_name: 'mine' }, token)
    const { body: challenge } = await post(`/factors/${mine['id']}/challenge`, {}, token)
    const code = codeAt((mine['totp'] as { secret: string }).secret, Math.floor(Date.now() / 30_000))
    const proved = await post(`/factors/${mine['id']}/verify`, { challenge_id: challenge['id'], code }, token)
    expect(proved.status).toBe(200)
    const again = (await post('/token?grant_type=password', { email: user.email, password })).body
    const low = String(again['access_token'])
    const asked = await post(`/factors/${planted.body['id']}/challenge`, {}, low)
    const finished = await post(
      `/factors/${planted.body['id']}/verify`,
      { challenge_id: asked.body['id'], code: sms.last(phone) },
      low,
    )
    expect([finished.status, finished.body['error_code']]).toEqual([403, 'insufficient_aal'])
  })
})

describe('a nonce of a reauthentication', () => {
  test('changes one password, also for two requests at once', async () => {
    await using careful = await startAuth({
      postgres,
      env: {
        GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_REAUTHENTICATION: 'true',
        GOTRUE_SMTP_HOST: '127.0.0.1',
        GOTRUE_SMTP_PORT: String(smtp.port),
      },
    })
    const { token, user } = await owner({ email: newEmail() })
    await auth.admin.query(
      `update auth.sessions set created_at = now() - interval '2 days' where user_id = $1`,
      [user.id],
    )
    expect((await careful.fetch('/reauthenticate', { token })).status).toBe(200)
    const nonce = smtp.last(user.email).otp
    const change = async (chosen: string) => {
      const body = { password: chosen, nonce }
      return (await careful.fetch('/user', { method: 'PUT', token, body })).status
    }
    const statuses = await Promise.all([change('first password'), change('second password')])
    expect(statuses.filter(status => status === 200)).toHaveLength(1)
    expect(await change('third password')).toBe(422)
  })
})

describe('somebody who was deleted', () => {
  test('softly leaves no way back in', async () => {
    const { user } = await owner({ email: newEmail() })
    await auth.admin.query(
      `insert into auth.webauthn_credentials (user_id, credential_id, public_key) values ($1, 'id', 'key')`,
      [user.id],
    )
    await post(`/admin/users/${user.id}`, { should_soft_delete: true }, serviceToken, 'DELETE')
    for (const table of ['webauthn_credentials', 'sessions', 'one_time_tokens', 'mfa_factors']) {
      const left = await auth.admin.query(`select 1 from auth.${table} where user_id = $1`, [user.id])
      expect([table, left.rowCount]).toEqual([table, 0])
    }
    expect((await post('/token?grant_type=password', { email: user.email, password })).status).toBe(400)
  })
})

describe('odd requests', () => {
  test('to look at a link (as mail scanners do) do not use it up', async () => {
    const email = newEmail()
    await post('/signup', { email, password })
    const link = new URL(smtp.last(email).link.replace('/auth/v1', ''))
    const looked = await auth.fetch(`${link.pathname}${link.search}`, { method: 'HEAD' })
    expect(looked.status).toBe(404)
    const followed = await auth.fetch(`${link.pathname}${link.search}`)
    expect(followed.headers.get('location')).toContain('#access_token=')
  })

  test('with a body as deep as it is long are refused, and the service goes on', async () => {
    const deep = `{"email":"${newEmail()}","password":"${password}","data":${'{"a":'.repeat(150_000)}1${'}'.repeat(150_001)}`
    const answer = await fetch(`${auth.url}/signup`, { method: 'POST', body: deep })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(await answer.text()).not.toContain('    at ')
    const half = await post('/signup', { email: newEmail(), password, data: { half: '\ud800' } })
    expect([half.status, half.body['error_code']]).toEqual([422, 'validation_failed'])
    const far = await auth.fetch('/admin/users?page=9007199254740991&per_page=9007199254740991', {
      token: serviceToken,
    })
    expect(far.status).toBeLessThan(500)
    expect((await auth.fetch('/health')).status).toBe(200)
  })

  test.each(["'; drop table auth.users; --", "' or '1'='1", '$1', '\\', '%', '\u0000', '\ufffe'])(
    'that look like SQL (%j) are text',
    async text => {
      const nobody = `${encodeURIComponent(text)}`
      const answers = await Promise.all([
        post('/token?grant_type=password', { email: text, password: text }),
        post('/token?grant_type=refresh_token', { refresh_token: text }),
        post('/token?grant_type=pkce', { auth_code: text, code_verifier: text }),
        post('/verify', { type: 'signup', token_hash: text }),
        post('/verify', { type: text, email: 'a@b.c', token: text }),
        post('/admin/generate_link', { type: text, email: 'a@b.c' }, serviceToken),
        auth.fetch(`/admin/users?filter=${nobody}&sort=${nobody}`, { token: serviceToken }),
        auth.fetch(`/verify?type=signup&token=${nobody}&redirect_to=${nobody}`),
        auth.fetch(`/authorize?provider=${nobody}&scopes=${nobody}`),
      ])
      for (const { status } of answers) expect(status).toBeLessThan(500)
      expect((await auth.admin.query('select 1 from auth.users limit 1')).rowCount).toBe(1)
    },
  )
})
