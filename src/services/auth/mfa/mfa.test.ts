import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../../../../test/support/postgres.ts'
import { serviceToken, startAuth, type TestAuth } from '../testing/auth.ts'
import { TestAuthenticator } from '../testing/authenticator.ts'
import { startSmsGateway, type TestSmsGateway } from '../testing/sms.ts'
import { codeAt } from './totp.ts'

let postgres: TestPostgres
let auth: TestAuth
let sms: TestSmsGateway
const password = 'correct horse'
let count = 0

beforeAll(async () => {
  postgres = await startTestPostgres()
  sms = await startSmsGateway()
  auth = await startAuth({
    postgres,
    env: {
      GOTRUE_MFA_PHONE_ENROLL_ENABLED: 'true',
      GOTRUE_MFA_PHONE_VERIFY_ENABLED: 'true',
      GOTRUE_MFA_WEB_AUTHN_ENROLL_ENABLED: 'true',
      GOTRUE_MFA_WEB_AUTHN_VERIFY_ENABLED: 'true',
      GOTRUE_MFA_MAX_ENROLLED_FACTORS: '3',
      GOTRUE_SMS_PROVIDER: 'http',
      GOTRUE_SMS_HTTP_URL: sms.url,
    },
  })
})
afterAll(async () => {
  await auth?.[Symbol.asyncDispose]()
  await sms?.[Symbol.asyncDispose]()
  await postgres?.stop()
})

async function signedUp() {
  const email = `factor${++count}@example.com`
  const client = auth.client()
  const { data, error } = await client.auth.signUp({ email, password })
  expect(error).toBeNull()
  return { client, email, user: data.user!, session: data.session! }
}

const now = () => Math.floor(Date.now() / 1000 / 30)
const code = (secret: string) => codeAt(secret, now())
const claims = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())

async function withTotp() {
  const signed = await signedUp()
  const { data } = await signed.client.auth.mfa.enroll({ factorType: 'totp' })
  const secret = data!.totp.secret
  const verified = await signed.client.auth.mfa.challengeAndVerify({ factorId: data!.id, code: code(secret) })
  expect(verified.error).toBeNull()
  return { ...signed, factorId: data!.id, secret }
}

describe('a TOTP factor', () => {
  test('raises the session to aal2 once its code is shown, and ends the others', async () => {
    const { client, email } = await signedUp()
    const other = auth.client()
    await other.auth.signInWithPassword({ email, password })
    const enrolled = await client.auth.mfa.enroll({
      factorType: 'totp',
      friendlyName: 'phone',
      issuer: 'Acme: it',
    })
    expect(enrolled.data).toMatchObject({ type: 'totp', friendly_name: 'phone' })
    expect(enrolled.data?.totp.qr_code).toMatch(/^data:image\/svg\+xml;utf-8,<\?xml.*<\/svg>$/)
    expect(enrolled.data?.totp.uri).toContain(
      `issuer=Acme%3A%20it&period=30&secret=${enrolled.data?.totp.secret}`,
    )
    const { id, totp } = enrolled.data!
    const challenge = await client.auth.mfa.challenge({ factorId: id })
    expect(challenge.data).toMatchObject({ type: 'totp', expires_at: expect.any(Number) })
    const verified = await client.auth.mfa.verify({
      factorId: id,
      challengeId: challenge.data!.id,
      code: code(totp.secret),
    })
    expect(verified.error).toBeNull()
    expect(claims(verified.data!.access_token)).toMatchObject({
      aal: 'aal2',
      amr: [{ method: 'totp' }, { method: 'password' }],
    })
    expect((await client.auth.mfa.getAuthenticatorAssuranceLevel()).data).toMatchObject({
      currentLevel: 'aal2',
      nextLevel: 'aal2',
    })
    expect((await client.auth.refreshSession()).error).toBeNull()
    expect(claims((await client.auth.getSession()).data.session!.access_token).aal).toBe('aal2')
    expect((await other.auth.getUser()).error).toMatchObject({ name: 'AuthSessionMissingError' })
    const { data } = await client.auth.mfa.listFactors()
    expect(data?.totp).toMatchObject([{ id, status: 'verified', factor_type: 'totp' }])
  })

  test('does not take a wrong code, nor an answered challenge, nor another factor’s', async () => {
    const { client, factorId, secret } = await withTotp()
    const mine = await client.auth.mfa.challenge({ factorId })
    const challengeId = mine.data!.id
    const wrong = code(secret) === '000000' ? '111111' : '000000'
    expect((await client.auth.mfa.verify({ factorId, challengeId, code: wrong })).error).toMatchObject({
      status: 422,
      code: 'mfa_verification_failed',
      message: 'Invalid TOTP code entered',
    })
    expect((await client.auth.mfa.verify({ factorId, challengeId, code: code(secret) })).error).toBeNull()
    const again = await client.auth.mfa.verify({ factorId, challengeId, code: code(secret) })
    expect(again.error).toMatchObject({ status: 422, code: 'mfa_ip_address_mismatch' })
    const other = await withTotp()
    const theirs = await other.client.auth.mfa.challenge({ factorId: other.factorId })
    const mixed = await client.auth.mfa.verify({ factorId, challengeId: theirs.data!.id, code: code(secret) })
    expect(mixed.error).toMatchObject({ status: 422, code: 'mfa_factor_not_found' })
    const stranger = await client.auth.mfa.challenge({ factorId: other.factorId })
    expect(stranger.error).toMatchObject({ status: 404, code: 'mfa_factor_not_found' })
  })

  test('takes a challenge only once from two requests at a time', async () => {
    const { client, factorId, secret } = await withTotp()
    const challengeId = (await client.auth.mfa.challenge({ factorId })).data!.id
    const token = (await client.auth.getSession()).data.session!.access_token
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() =>
        auth.fetch(`/factors/${factorId}/verify`, {
          method: 'POST',
          token,
          body: { challenge_id: challengeId, code: code(secret) },
        }),
      ),
    )
    expect(answers.map(answer => answer.status).sort()).toEqual([200, 422, 422, 422])
  })

  test('cannot be guessed without end', async () => {
    const { client, factorId, secret } = await withTotp()
    const challengeId = (await client.auth.mfa.challenge({ factorId })).data!.id
    const wrong = code(secret) === '000000' ? '111111' : '000000'
    const guess = () => client.auth.mfa.verify({ factorId, challengeId, code: wrong })
    const seen = new Set<string | undefined>()
    for (let tries = 0; tries < 31; tries++) seen.add((await guess()).error?.code)
    expect([...seen]).toEqual(['mfa_verification_failed', 'over_request_rate_limit'])
  })

  test('protects password, email and further factors from a session without it', async () => {
    const { client, email } = await withTotp()
    const weak = auth.client()
    await weak.auth.signInWithPassword({ email, password })
    expect((await weak.auth.mfa.getAuthenticatorAssuranceLevel()).data).toMatchObject({
      currentLevel: 'aal1',
      nextLevel: 'aal2',
    })
    const refused = { status: 401, code: 'insufficient_aal' }
    expect((await weak.auth.updateUser({ password: 'another horse' })).error).toMatchObject(refused)
    expect((await weak.auth.updateUser({ email: 'thief@example.com' })).error).toMatchObject(refused)
    expect((await weak.auth.updateUser({ data: { harmless: true } })).error).toBeNull()
    const enrolled = await weak.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'mine' })
    expect(enrolled.error).toMatchObject({ status: 403, code: 'insufficient_aal' })
    const factorId = (await client.auth.mfa.listFactors()).data!.totp[0]!.id
    expect((await weak.auth.mfa.unenroll({ factorId })).error).toMatchObject({
      status: 422,
      code: 'insufficient_aal',
    })
    expect((await client.auth.mfa.unenroll({ factorId })).data).toEqual({ id: factorId })
    await client.auth.refreshSession()
    expect(claims((await client.auth.getSession()).data.session!.access_token).aal).toBe('aal1')
  })

  test('is limited in number, has a name of its own, and is forgotten when it is never verified', async () => {
    const { client, user } = await signedUp()
    const first = await client.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'a' })
    expect((await client.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'a' })).error).toMatchObject({
      status: 422,
      code: 'mfa_factor_name_conflict',
    })
    await client.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'b' })
    await client.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'c' })
    expect((await client.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'd' })).error).toMatchObject({
      status: 422,
      code: 'too_many_enrolled_mfa_factors',
    })
    await auth.admin.query(
      "update auth.mfa_factors set created_at = now() - interval '1 hour' where user_id = $1",
      [user.id],
    )
    expect((await client.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'd' })).error).toBeNull()
    expect((await client.auth.mfa.challenge({ factorId: first.data!.id })).error).toMatchObject({
      status: 404,
    })
  })

  test('is not for anonymous users, and not of unknown kinds', async () => {
    const client = auth.client()
    await client.auth.signInAnonymously()
    expect((await client.auth.mfa.enroll({ factorType: 'totp' })).error).toMatchObject({ status: 403 })
    const { session } = await signedUp()
    const unknown = await auth.fetch('/factors', {
      method: 'POST',
      token: session.access_token,
      body: { factor_type: 'smell' },
    })
    expect(await unknown.json()).toMatchObject({ code: 400, error_code: 'validation_failed' })
  })

  test('has challenges that expire', async () => {
    const { client, factorId, secret } = await withTotp()
    const challengeId = (await client.auth.mfa.challenge({ factorId })).data!.id
    await auth.admin.query(
      "update auth.mfa_challenges set created_at = now() - interval '6 minutes' where id = $1",
      [challengeId],
    )
    expect((await client.auth.mfa.verify({ factorId, challengeId, code: code(secret) })).error).toMatchObject(
      {
        status: 422,
        code: 'mfa_challenge_expired',
      },
    )
  })

  test('can be listed, renamed and removed by an admin', async () => {
    const { user, factorId } = await withTotp()
    const admin = auth.client(serviceToken).auth.admin
    const listed = await admin.mfa.listFactors({ userId: user.id })
    expect(listed.data?.factors).toMatchObject([{ id: factorId, status: 'verified' }])
    expect(JSON.stringify(listed.data)).not.toContain('secret')
    const renamed = await auth.fetch(`/admin/users/${user.id}/factors/${factorId}`, {
      method: 'PUT',
      token: serviceToken,
      body: { friendly_name: 'new' },
    })
    expect(await renamed.json()).toMatchObject({ friendly_name: 'new' })
    expect((await admin.mfa.deleteFactor({ userId: user.id, id: factorId })).error).toBeNull()
    expect((await admin.mfa.deleteFactor({ userId: user.id, id: factorId })).error).toMatchObject({
      status: 404,
    })
  })
})

describe('a phone factor', () => {
  test('is proved by a code in a message, of which the database keeps a hash', async () => {
    const { client } = await signedUp()
    const phone = '+15550001111'
    const enrolled = await client.auth.mfa.enroll({ factorType: 'phone', phone, friendlyName: 'mine' })
    expect(enrolled.data).toMatchObject({ type: 'phone', phone })
    const factorId = enrolled.data!.id
    const challenge = await client.auth.mfa.challenge({ factorId })
    expect(challenge.error).toBeNull()
    const sent = sms.last('15550001111')
    const { rows } = await auth.admin.query('select otp_code from auth.mfa_challenges where id = $1', [
      challenge.data!.id,
    ])
    expect(rows[0].otp_code).not.toContain(sent)
    const tooSoon = await client.auth.mfa.challenge({ factorId })
    expect(tooSoon.error).toMatchObject({ status: 429, code: 'over_sms_send_rate_limit' })
    const wrong = await client.auth.mfa.verify({ factorId, challengeId: challenge.data!.id, code: '12345' })
    expect(wrong.error).toMatchObject({ status: 422, message: 'Invalid MFA Phone code entered' })
    const verified = await client.auth.mfa.verify({ factorId, challengeId: challenge.data!.id, code: sent })
    expect(claims(verified.data!.access_token)).toMatchObject({
      aal: 'aal2',
      amr: [{ method: 'mfa/phone' }, { method: 'password' }],
    })
    const again = await client.auth.mfa.enroll({ factorType: 'phone', phone, friendlyName: 'again' })
    expect(again.error).toMatchObject({ status: 422, code: 'mfa_verified_factor_exists' })
  })
})

interface FactorAnswer {
  readonly id: string
  readonly access_token: string
  readonly webauthn: {
    readonly type: string
    readonly credential_options: { readonly publicKey: { challenge: string; rp: { id: string } } }
  }
}

describe('a WebAuthn factor', () => {
  test('is a credential that is made once and used then', async () => {
    const { email, session } = await signedUp()
    const key = new TestAuthenticator('http://localhost:3000')
    const post = async (path: string, token: string, body: unknown) => {
      const answer = await auth.fetch(path, { method: 'POST', token, body })
      return { status: answer.status, body: (await answer.json()) as FactorAnswer }
    }
    const factor = await post('/factors', session.access_token, {
      factor_type: 'webauthn',
      friendly_name: 'key',
    })
    expect(factor.body).toMatchObject({ type: 'webauthn' })
    const path = `/factors/${factor.body.id}`
    const making = await post(`${path}/challenge`, session.access_token, {})
    expect(making.body.webauthn).toMatchObject({
      type: 'create',
      credential_options: { publicKey: { rp: { id: 'localhost' }, user: { name: email } } },
    })
    const elsewhere = new TestAuthenticator('https://evil.example')
    const options = making.body.webauthn.credential_options.publicKey
    const verify = (token: string, challenge: string, type: string, response: unknown) =>
      post(`${path}/verify`, token, {
        challenge_id: challenge,
        webauthn: { type, credential_response: response },
      })
    const fooled = await verify(session.access_token, making.body.id, 'create', elsewhere.create(options))
    expect(fooled).toMatchObject({ status: 422, body: { error_code: 'mfa_verification_failed' } })
    const made = await verify(session.access_token, making.body.id, 'create', key.create(options))
    expect(made.status).toBe(200)
    expect(claims(made.body.access_token)).toMatchObject({
      aal: 'aal2',
      amr: [{ method: 'mfa/webauthn' }, {}],
    })

    const next = auth.client()
    const signedIn = await next.auth.signInWithPassword({ email, password })
    const token = signedIn.data.session!.access_token
    const using = await post(`${path}/challenge`, token, {})
    expect(using.body.webauthn.type).toBe('request')
    const request = using.body.webauthn.credential_options.publicKey
    const stranger = await verify(token, using.body.id, 'request', elsewhere.get(request))
    expect(stranger.status).toBe(422)
    const used = await verify(token, using.body.id, 'request', key.get(request))
    expect(used.status).toBe(200)
    expect(claims(used.body.access_token).aal).toBe('aal2')
  })
})
