import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../../../../test/support/postgres.ts'
import { serviceToken, startAuth } from '../testing/auth.ts'
import { startSmtp } from '../testing/smtp.ts'
import { Buckets, Window } from './buckets.ts'

let postgres: TestPostgres
const password = 'correct horse'
let count = 0
const newEmail = () => `limit${++count}@example.com`

beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres?.stop())

describe('buckets', () => {
  test('give a burst, then so many per second, for each key apart', () => {
    const buckets = new Buckets({ perSecond: 1, burst: 2 })
    expect([0, 0, 0].map(at => buckets.take('a', at))).toEqual([true, true, false])
    expect(buckets.take('b', 0)).toBe(true)
    expect(buckets.take('a', 999)).toBe(false)
    expect(buckets.take('a', 2000)).toBe(true)
  })

  test('remember a bounded number of keys', () => {
    const buckets = new Buckets({ perSecond: 0, burst: 1, maxKeys: 10 })
    for (let key = 0; key < 1000; key++) buckets.take(String(key), 0)
    expect(buckets.take('999', 0)).toBe(false)
    expect(buckets.take('1', 0)).toBe(true)
  })

  test('do not run backwards with the clock', () => {
    const buckets = new Buckets({ perSecond: 1, burst: 1 })
    expect(buckets.take('a', 10_000)).toBe(true)
    expect(buckets.take('a', 0)).toBe(false)
  })

  test('a window opens again after its time', () => {
    const window = new Window({ events: 2, windowMs: 1000 })
    expect([0, 1, 2, 999, 1000].map(at => window.take(at))).toEqual([true, true, false, false, true])
  })
})

describe('requests of one address', () => {
  test('are limited by endpoint, others are not', async () => {
    await using auth = await startAuth({
      postgres,
      env: {
        GOTRUE_RATE_LIMIT_HEADER: 'X-Real-Ip',
        GOTRUE_RATE_LIMIT_TOKEN_REFRESH: '1',
        GOTRUE_RATE_LIMIT_ANONYMOUS_USERS: '3',
      },
    })
    const refresh = (address: string) =>
      auth.fetch('/token?grant_type=refresh_token', {
        method: 'POST',
        body: { refresh_token: 'x' },
        headers: { 'x-real-ip': address },
      })
    const answers = await Promise.all(Array.from({ length: 32 }, () => refresh('1.2.3.4, 9.9.9.9')))
    expect(answers.filter(answer => answer.status === 400)).toHaveLength(30)
    expect(await answers.find(answer => answer.status === 429)?.json()).toEqual({
      code: 429,
      error_code: 'over_request_rate_limit',
      msg: 'Request rate limit reached',
    })
    expect((await refresh('1.2.3.5')).status).toBe(400)
    const anonymous = () =>
      auth.fetch('/signup', { method: 'POST', body: {}, headers: { 'x-real-ip': '1.2.3.4' } })
    const signUps = []
    for (let tries = 0; tries < 4; tries++) signUps.push((await anonymous()).status)
    expect(signUps).toEqual([200, 200, 200, 429])
  })

  test('are not counted by a header that nobody trusts', async () => {
    await using auth = await startAuth({ postgres, env: { GOTRUE_RATE_LIMIT_TOKEN_REFRESH: '1' } })
    const answers = await Promise.all(
      Array.from({ length: 40 }, () =>
        auth.fetch('/token?grant_type=refresh_token', {
          method: 'POST',
          body: { refresh_token: 'x' },
          headers: { 'x-forwarded-for': '1.2.3.4' },
        }),
      ),
    )
    expect(new Set(answers.map(answer => answer.status))).toEqual(new Set([400]))
  })
})

test('emails of the whole service are limited', async () => {
  await using smtp = await startSmtp()
  await using auth = await startAuth({
    postgres,
    env: {
      GOTRUE_MAILER_AUTOCONFIRM: 'false',
      GOTRUE_SMTP_HOST: '127.0.0.1',
      GOTRUE_SMTP_PORT: String(smtp.port),
      GOTRUE_RATE_LIMIT_EMAIL_SENT: '2/1h',
    },
  })
  const errors = []
  for (let mail = 0; mail < 3; mail++) {
    errors.push((await auth.client().auth.signUp({ email: newEmail(), password })).error)
  }
  expect(errors[1]).toBeNull()
  expect(errors[2]).toMatchObject({
    status: 429,
    code: 'over_email_send_rate_limit',
    message: 'email rate limit exceeded',
  })
})

/** Answers every request with what `respond` makes of it. */
async function answering(respond: (path: string, body: string) => { status?: number; body: string }) {
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const answer = respond(request.url ?? '', body)
    response.writeHead(answer.status ?? 200).end(answer.body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

test('a captcha is asked of everybody but admins and who refreshes', async () => {
  await using verifier = await answering((_path, body) => {
    const form = new URLSearchParams(body)
    const good = form.get('secret') === 'the-secret' && form.get('response') === 'good'
    return {
      body: JSON.stringify(
        good ? { success: true } : { success: false, 'error-codes': ['invalid-input-response'] },
      ),
    }
  })
  await using auth = await startAuth({
    postgres,
    env: {
      GOTRUE_SECURITY_CAPTCHA_ENABLED: 'true',
      GOTRUE_SECURITY_CAPTCHA_PROVIDER: 'turnstile',
      GOTRUE_SECURITY_CAPTCHA_SECRET: 'the-secret',
      GOTRUE_SECURITY_CAPTCHA_VERIFY_URL: verifier.url,
    },
  })
  const email = newEmail()
  const signUp = (captchaToken?: string) =>
    auth
      .client()
      .auth.signUp({ email, password, options: captchaToken === undefined ? {} : { captchaToken } })
  expect((await signUp()).error).toMatchObject({
    status: 400,
    code: 'captcha_failed',
    message: 'captcha protection: request disallowed (no captcha_token found)',
  })
  expect((await signUp('bad')).error).toMatchObject({
    code: 'captcha_failed',
    message: 'captcha protection: request disallowed (invalid-input-response)',
  })
  const { data } = await signUp('good')
  expect(
    (await auth.client().auth.refreshSession({ refresh_token: data.session!.refresh_token })).error,
  ).toBeNull()
  const admin = await auth.client(serviceToken).auth.signInWithPassword({ email, password })
  expect(admin.error).toBeNull()
})

describe('passwords', () => {
  test('must keep every rule, and each that they break is named', async () => {
    await using auth = await startAuth({
      postgres,
      env: {
        GOTRUE_PASSWORD_MIN_LENGTH: '8',
        GOTRUE_PASSWORD_REQUIRED_CHARACTERS: 'abcdefghij:0123456789:\\:!',
      },
    })
    const short = await auth.client().auth.signUp({ email: newEmail(), password: 'abc' })
    expect(short.error).toMatchObject({
      status: 422,
      code: 'weak_password',
      reasons: ['length', 'characters'],
    })
    expect(short.error?.message).toBe(
      'Password should be at least 8 characters. Password should contain at least one character of each: abcdefghij, 0123456789, :!.',
    )
    expect(
      (await auth.client().auth.signUp({ email: newEmail(), password: 'abcdefg1' })).error,
    ).toMatchObject({
      reasons: ['characters'],
    })
    const email = newEmail()
    expect((await auth.client().auth.signUp({ email, password: 'abcdefg1!' })).error).toBeNull()
    await using stricter = await startAuth({ postgres, env: { GOTRUE_PASSWORD_MIN_LENGTH: '20' } })
    const signedIn = await stricter.client().auth.signInWithPassword({ email, password: 'abcdefg1!' })
    expect(signedIn.error).toBeNull()
    expect(signedIn.data.weakPassword).toMatchObject({ reasons: ['length'] })
  })

  test('that were leaked are refused, and only five digits of their hash are told', async () => {
    const digest = createHash('sha1').update('leaked password').digest('hex').toUpperCase()
    const paths: string[] = []
    await using list = await answering(path => {
      paths.push(path)
      return { body: `0018A45C4D1DEF81644B54AB7F969B88D65:1\r\n${digest.slice(5)}:37\r\nFFFF:0` }
    })
    await using auth = await startAuth({
      postgres,
      env: { GOTRUE_PASSWORD_HIBP_ENABLED: 'true', GOTRUE_PASSWORD_HIBP_BASE_URL: list.url },
    })
    const leaked = await auth.client().auth.signUp({ email: newEmail(), password: 'leaked password' })
    expect(leaked.error).toMatchObject({ status: 422, code: 'weak_password', reasons: ['pwned'] })
    expect(paths).toEqual([`/range/${digest.slice(0, 5)}`])
    expect((await auth.client().auth.signUp({ email: newEmail(), password })).error).toBeNull()
  })

  test('can be set while nobody knows the leaked ones, unless that is to fail', async () => {
    const env = { GOTRUE_PASSWORD_HIBP_ENABLED: 'true', GOTRUE_PASSWORD_HIBP_BASE_URL: 'http://127.0.0.1:9' }
    await using open = await startAuth({ postgres, env })
    expect((await open.client().auth.signUp({ email: newEmail(), password })).error).toBeNull()
    await using closed = await startAuth({
      postgres,
      env: { ...env, GOTRUE_PASSWORD_HIBP_FAIL_CLOSED: 'true' },
    })
    const answer = await closed.fetch('/signup', { method: 'POST', body: { email: newEmail(), password } })
    expect(answer.status).toBe(500)
  })

  test('need the present one where that is set', async () => {
    await using auth = await startAuth({
      postgres,
      env: { GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_CURRENT_PASSWORD: 'true' },
    })
    const { data } = await auth.client().auth.signUp({ email: newEmail(), password })
    const change = async (body: object) => {
      const answer = await auth.fetch('/user', { method: 'PUT', token: data.session!.access_token, body })
      return ((await answer.json()) as { error_code?: string }).error_code
    }
    expect(await change({ password: 'another horse' })).toBe('current_password_required')
    expect(await change({ password: 'another horse', current_password: 'wrong' })).toBe(
      'current_password_invalid',
    )
    expect(await change({ password: 'another horse', current_password: password })).toBeUndefined()
  })
})
