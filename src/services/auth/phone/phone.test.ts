import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../../../../test/support/postgres.ts'
import { serviceToken, startAuth, type TestAuth } from '../testing/auth.ts'
import { startSmsGateway, type TestSmsGateway } from '../testing/sms.ts'

let postgres: TestPostgres
let auth: TestAuth
let sms: TestSmsGateway
const password = 'correct horse'
let count = 0
const newPhone = () => `1555000${String(++count).padStart(4, '0')}`

beforeAll(async () => {
  postgres = await startTestPostgres()
  sms = await startSmsGateway()
  auth = await startAuth({
    postgres,
    env: {
      GOTRUE_EXTERNAL_PHONE_ENABLED: 'true',
      GOTRUE_MAILER_AUTOCONFIRM: 'true',
      GOTRUE_SMS_PROVIDER: 'twilio',
      GOTRUE_SMS_TWILIO_BASE_URL: sms.url,
      GOTRUE_SMS_TWILIO_ACCOUNT_SID: 'AC1',
      GOTRUE_SMS_TWILIO_AUTH_TOKEN: 'a-token',
      GOTRUE_SMS_TWILIO_MESSAGE_SERVICE_SID: 'MG1',
      GOTRUE_SMS_TEST_OTP: '+15559999999:424242,15558888888:171717',
      GOTRUE_SMS_MAX_FREQUENCY: '1ms',
      GOTRUE_RATE_LIMIT_SMS_SENT: '1000',
      GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_REAUTHENTICATION: 'true',
    },
  })
})
afterAll(async () => {
  await auth?.[Symbol.asyncDispose]()
  await sms?.[Symbol.asyncDispose]()
  await postgres?.stop()
})

async function signedUp() {
  const phone = newPhone()
  const client = auth.client()
  expect((await client.auth.signUp({ phone: `+${phone}`, password })).error).toBeNull()
  const { data, error } = await client.auth.verifyOtp({ phone, token: sms.last(phone), type: 'sms' })
  expect(error).toBeNull()
  return { phone, client, user: data.user!, session: data.session! }
}

describe('a phone number', () => {
  test('signs up with a password and a code in a message', async () => {
    const phone = newPhone()
    const client = auth.client()
    const begun = await client.auth.signUp({ phone: `+${phone}`, password, options: { data: { a: 1 } } })
    expect(begun.data).toMatchObject({
      session: null,
      user: { phone, confirmation_sent_at: expect.any(String) },
    })
    expect((await client.auth.signInWithPassword({ phone, password })).error).toMatchObject({
      code: 'phone_not_confirmed',
    })
    const wrong = await client.auth.verifyOtp({ phone, token: '000001', type: 'sms' })
    expect(wrong.error).toMatchObject({ status: 403, code: 'otp_expired' })
    const right = await client.auth.verifyOtp({ phone: `+${phone}`, token: sms.last(phone), type: 'sms' })
    expect(right.data.user).toMatchObject({
      phone,
      phone_confirmed_at: expect.any(String),
      app_metadata: { provider: 'phone', providers: ['phone'] },
      user_metadata: { a: 1 },
      identities: [{ provider: 'phone', identity_data: { phone, phone_verified: true } }],
    })
    expect((await auth.client().auth.signInWithPassword({ phone, password })).error).toBeNull()
    const twice = await client.auth.verifyOtp({ phone, token: sms.last(phone), type: 'sms' })
    expect(twice.error).toMatchObject({ code: 'otp_expired' })
  })

  test('signs in by code alone; an unknown one only where it may sign up', async () => {
    const phone = newPhone()
    const client = auth.client()
    const refused = await client.auth.signInWithOtp({ phone, options: { shouldCreateUser: false } })
    expect(refused.error).toMatchObject({ status: 422, code: 'otp_disabled' })
    const sent = await client.auth.signInWithOtp({ phone })
    expect(sent).toMatchObject({ error: null, data: { messageId: 'message-1' } })
    expect((await client.auth.verifyOtp({ phone, token: sms.last(phone), type: 'sms' })).error).toBeNull()
    const whatsapp = await client.auth.signInWithOtp({ phone, options: { channel: 'whatsapp' } })
    expect(whatsapp.error).toBeNull()
    expect(decodeURIComponent(sms.requests.at(-1)?.body ?? '')).toContain(`To=whatsapp:+${phone}`)
    expect(
      (await client.auth.signInWithOtp({ phone, options: { channel: 'pigeon' as 'sms' } })).error,
    ).toMatchObject({
      code: 'validation_failed',
    })
  })

  test('of a test code gets no message', async () => {
    const before = sms.requests.length
    const client = auth.client()
    expect((await client.auth.signInWithOtp({ phone: '+15559999999' })).error).toBeNull()
    expect(sms.requests.length).toBe(before)
    const signedIn = await client.auth.verifyOtp({ phone: '+15559999999', token: '424242', type: 'sms' })
    expect(signedIn.data.user?.phone).toBe('15559999999')
  })

  test('changes when the new one’s code is shown', async () => {
    const { client, user } = await signedUp()
    const next = newPhone()
    const asked = await client.auth.updateUser({ phone: `+${next}` })
    expect(asked.data.user).toMatchObject({ phone: user.phone, new_phone: next })
    const done = await client.auth.verifyOtp({ phone: next, token: sms.last(next), type: 'phone_change' })
    expect(done.data.user).toMatchObject({ id: user.id, phone: next })
    expect(done.data.user?.new_phone).toBeUndefined()
    const other = await signedUp()
    expect((await other.client.auth.updateUser({ phone: next })).error).toMatchObject({
      code: 'phone_exists',
    })
  })

  test('gets a code once more, and one to change the password with', async () => {
    const { client, phone, user } = await signedUp()
    const fresh = newPhone()
    await auth.client().auth.signUp({ phone: fresh, password })
    const first = sms.requests.length
    expect((await auth.client().auth.resend({ type: 'sms', phone: fresh })).error).toBeNull()
    expect(sms.requests.length).toBe(first + 1)
    await auth.admin.query(
      "update auth.sessions set created_at = now() - interval '2 days' where user_id = $1",
      [user.id],
    )
    const refused = await client.auth.updateUser({ password: 'another horse' })
    expect(refused.error).toMatchObject({ code: 'reauthentication_needed' })
    expect((await client.auth.reauthenticate()).error).toBeNull()
    const wrong = await client.auth.updateUser({ password: 'another horse', nonce: '000001' })
    expect(wrong.error).toMatchObject({ code: 'reauthentication_not_valid' })
    const nonce = sms.last(phone)
    expect((await client.auth.updateUser({ password: 'another horse', nonce })).error).toBeNull()
  })

  test('is not told apart from one that is taken', async () => {
    const { phone } = await signedUp()
    const again = await auth.client().auth.signUp({ phone, password })
    expect(again.error).toBeNull()
    expect(again.data.user?.identities).toEqual([])
  })

  test('has codes that expire after a minute', async () => {
    const phone = newPhone()
    const client = auth.client()
    await client.auth.signUp({ phone, password })
    await auth.admin.query(
      "update auth.users set confirmation_sent_at = now() - interval '2 minutes' where phone = $1",
      [phone],
    )
    const late = await client.auth.verifyOtp({ phone, token: sms.last(phone), type: 'sms' })
    expect(late.error).toMatchObject({ status: 403, code: 'otp_expired' })
  })

  test('cannot have its code guessed without end', async () => {
    const phone = newPhone()
    const client = auth.client()
    await client.auth.signUp({ phone, password })
    const seen = new Set<string | undefined>()
    const wrong = sms.last(phone) === '000000' ? '111111' : '000000'
    for (let tries = 0; tries < 31; tries++) {
      seen.add((await client.auth.verifyOtp({ phone, token: wrong, type: 'sms' })).error?.code)
    }
    expect([...seen]).toEqual(['otp_expired', 'over_request_rate_limit'])
  })

  test('must be one', async () => {
    for (const phone of ['abc', '0123', '+1'.repeat(20)]) {
      expect((await auth.client().auth.signInWithOtp({ phone })).error).toMatchObject({
        code: 'validation_failed',
      })
    }
  })

  test('that cannot be reached is an error that says why, and names no secret', async () => {
    sms.answer = { status: 400, body: '{"message":"The number is unassigned","code":21211}' }
    const { error } = await auth.client().auth.signInWithOtp({ phone: newPhone() })
    sms.answer = { status: 200, body: '{"sid":"message-1"}' }
    expect(error).toMatchObject({
      status: 422,
      code: 'sms_send_failed',
      message: 'Error sending confirmation OTP to provider: The number is unassigned (code 21211)',
    })
  })

  test('is made by an admin as well', async () => {
    const phone = newPhone()
    const made = await auth
      .client(serviceToken)
      .auth.admin.createUser({ phone, password, phone_confirm: true })
    expect(made.data.user).toMatchObject({ phone, phone_confirmed_at: expect.any(String) })
    expect((await auth.client().auth.signInWithPassword({ phone, password })).error).toBeNull()
  })
})

test.each([
  [
    'messagebird',
    { ACCESS_KEY: 'key', ORIGINATOR: 'Acme' },
    '/messages',
    /recipients=1555.*|originator=Acme/,
  ],
  ['textlocal', { API_KEY: 'key', SENDER: 'Acme' }, '/send', /numbers=1555/],
  ['vonage', { API_KEY: 'key', API_SECRET: 'secret', FROM: 'Acme' }, '/sms/json', /to=1555/],
])('%s gets messages in its own form', async (provider, credentials, path, body) => {
  await using gateway = await startSmsGateway()
  gateway.answer = { status: 200, body: '{"status":"success","messages":[{"status":"0"}],"id":"1"}' }
  await using service = await startAuth({
    postgres,
    env: {
      GOTRUE_EXTERNAL_PHONE_ENABLED: 'true',
      GOTRUE_SMS_PROVIDER: provider,
      [`GOTRUE_SMS_${provider.toUpperCase()}_BASE_URL`]: gateway.url,
      ...Object.fromEntries(
        Object.entries(credentials).map(([name, value]) => [
          `GOTRUE_SMS_${provider.toUpperCase()}_${name}`,
          value,
        ]),
      ),
    },
  })
  expect((await service.client().auth.signInWithOtp({ phone: newPhone() })).error).toBeNull()
  expect(gateway.requests[0]).toMatchObject({ path, body: expect.stringMatching(body) })
})

test('with autoconfirm a sign-up is a session at once', async () => {
  await using service = await startAuth({
    postgres,
    env: { GOTRUE_EXTERNAL_PHONE_ENABLED: 'true', GOTRUE_SMS_AUTOCONFIRM: 'true' },
  })
  const phone = newPhone()
  const { data } = await service.client().auth.signUp({ phone, password })
  expect(data.session).not.toBeNull()
  const again = await service.client().auth.signUp({ phone, password })
  expect(again.error).toMatchObject({ status: 422, code: 'user_already_exists' })
})

test('without the setting phones are refused', async () => {
  await using service = await startAuth({ postgres })
  expect((await service.client().auth.signUp({ phone: newPhone(), password })).error).toMatchObject({
    code: 'phone_provider_disabled',
  })
  expect((await service.client().auth.signInWithOtp({ phone: newPhone() })).error).toMatchObject({
    status: 400,
    code: 'phone_provider_disabled',
  })
})
