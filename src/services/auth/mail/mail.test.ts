import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serviceToken, startAuth, type TestAuth } from '../testing/auth.ts'
import { startSmtp, type TestSmtp } from '../testing/smtp.ts'

let auth: TestAuth
let smtp: TestSmtp
beforeAll(async () => {
  smtp = await startSmtp()
  auth = await startAuth({
    env: {
      GOTRUE_MAILER_AUTOCONFIRM: 'false',
      GOTRUE_SMTP_HOST: '127.0.0.1',
      GOTRUE_SMTP_PORT: String(smtp.port),
      GOTRUE_SMTP_ADMIN_EMAIL: 'auth@example.com',
      GOTRUE_SMTP_MAX_FREQUENCY: '0s',
    },
  })
}, 120_000)
afterAll(async () => {
  await auth?.[Symbol.asyncDispose]()
  await smtp?.[Symbol.asyncDispose]()
})

const password = 'correct horse'
let count = 0
const newEmail = () => `mail${++count}@example.com`

/** Follows a link as a browser does, and says where it leads. */
async function follow(link: string): Promise<URL> {
  const response = await fetch(link, { redirect: 'manual' })
  expect(response.status).toBe(303)
  return new URL(response.headers.get('location')!)
}

async function confirmed() {
  const client = auth.client()
  const email = newEmail()
  await client.auth.signUp({ email, password })
  const { data, error } = await client.auth.verifyOtp({ email, token: smtp.last(email).otp, type: 'signup' })
  expect(error).toBeNull()
  return { client, email, user: data.user! }
}

describe('signing up with a confirmation', () => {
  test('waits for the code', async () => {
    const client = auth.client()
    const email = newEmail()
    const { data, error } = await client.auth.signUp({ email, password })
    expect(error).toBeNull()
    expect(data.session).toBeNull()
    const early = await client.auth.signInWithPassword({ email, password })
    expect(early.error).toMatchObject({ status: 400, code: 'email_not_confirmed' })
    const wrong = await client.auth.verifyOtp({ email, token: '000000', type: 'email' })
    expect(wrong.error).toMatchObject({ status: 403, code: 'otp_expired' })
    const right = await client.auth.verifyOtp({ email, token: smtp.last(email).otp, type: 'email' })
    expect(right.data.session?.user.email_confirmed_at).toBeTruthy()
    const twice = await client.auth.verifyOtp({ email, token: smtp.last(email).otp, type: 'email' })
    expect(twice.error).toMatchObject({ code: 'otp_expired' })
  })

  test('can be finished by the link, once', async () => {
    const email = newEmail()
    await auth.client().auth.signUp({
      email,
      password,
      options: { emailRedirectTo: 'http://localhost:3000/welcome' },
    })
    const { link } = smtp.last(email)
    const target = await follow(link)
    expect(target.href.split('#')[0]).toBe('http://localhost:3000/welcome')
    const fragment = new URLSearchParams(target.hash.slice(1))
    expect(Object.fromEntries(fragment)).toMatchObject({
      token_type: 'bearer',
      type: 'signup',
      expires_in: '3600',
    })
    const seen = await auth.client().auth.getUser(fragment.get('access_token')!)
    expect(seen.data.user?.email).toBe(email)
    const again = new URLSearchParams((await follow(link)).hash.slice(1))
    expect(Object.fromEntries(again)).toMatchObject({ error: 'access_denied', error_code: 'otp_expired' })
  })

  test('does not tell who has an account', async () => {
    const { email, user } = await confirmed()
    const sent = smtp.mails.length
    const { data, error } = await auth.client().auth.signUp({ email, password: 'something else' })
    expect(error).toBeNull()
    expect(data.user).toMatchObject({ email, identities: [] })
    expect(data.user?.id).not.toBe(user.id)
    expect(smtp.mails.length).toBe(sent)
    expect((await auth.client().auth.resetPasswordForEmail(newEmail())).error).toBeNull()
    expect(smtp.mails.length).toBe(sent)
  })

  test('sends the confirmation again', async () => {
    const email = newEmail()
    const client = auth.client()
    await client.auth.signUp({ email, password })
    const first = smtp.last(email).otp
    expect((await client.auth.resend({ type: 'signup', email })).error).toBeNull()
    const { otp } = smtp.last(email)
    if (first !== otp) {
      expect((await client.auth.verifyOtp({ email, token: first, type: 'signup' })).error).not.toBeNull()
    }
    expect((await client.auth.verifyOtp({ email, token: otp, type: 'signup' })).error).toBeNull()
  })

  test('leads only to addresses that are allowed', async () => {
    const email = newEmail()
    await auth
      .client()
      .auth.signUp({ email, password, options: { emailRedirectTo: 'https://evil.example/x' } })
    expect(new URL(smtp.last(email).link).searchParams.get('redirect_to')).toBe('http://localhost:3000')
  })
})

describe('links', () => {
  test('sign in, and sign up whoever is new', async () => {
    const email = newEmail()
    const client = auth.client()
    const refused = await client.auth.signInWithOtp({ email, options: { shouldCreateUser: false } })
    expect(refused.error).toMatchObject({ status: 422, code: 'otp_disabled' })
    expect((await client.auth.signInWithOtp({ email, options: { data: { a: 1 } } })).error).toBeNull()
    const first = await client.auth.verifyOtp({ email, token: smtp.last(email).otp, type: 'email' })
    expect(first.data.user?.user_metadata).toMatchObject({ a: 1 })
    await client.auth.signInWithOtp({ email })
    const second = await client.auth.verifyOtp({ email, token: smtp.last(email).otp, type: 'email' })
    expect(second.data.user?.id).toBe(first.data.user?.id)
  })

  test('recover a password with PKCE', async () => {
    const { email } = await confirmed()
    const client = auth.client(undefined, { flowType: 'pkce' })
    expect((await client.auth.resetPasswordForEmail(email)).error).toBeNull()
    const target = await follow(smtp.last(email).link)
    const { data, error } = await client.auth.exchangeCodeForSession(target.searchParams.get('code')!)
    expect(error).toBeNull()
    expect(data.session?.user.email).toBe(email)
    expect((await client.auth.updateUser({ password: 'new password' })).error).toBeNull()
    expect(
      (await auth.client().auth.signInWithPassword({ email, password: 'new password' })).error,
    ).toBeNull()
  })

  test('with PKCE are worth nothing without the verifier', async () => {
    const { email } = await confirmed()
    await auth.client(undefined, { flowType: 'pkce' }).auth.signInWithOtp({ email })
    const code = (await follow(smtp.last(email).link)).searchParams.get('code')
    const stolen = await auth.fetch('/token?grant_type=pkce', {
      method: 'POST',
      body: { auth_code: code, code_verifier: 'x'.repeat(50) },
    })
    expect(stolen.status).toBe(400)
    expect(await stolen.json()).toMatchObject({ error_code: 'bad_code_verifier' })
  })

  test('change the email when both addresses agree', async () => {
    const { client, email, user } = await confirmed()
    const next = newEmail()
    const asked = await client.auth.updateUser({ email: next })
    expect(asked.data.user).toMatchObject({ email, new_email: next })
    const half = await follow(smtp.last(next).link)
    expect(half.hash).toContain('message=Confirmation+link+accepted')
    expect((await client.auth.getUser()).data.user?.email).toBe(email)
    const { error } = await client.auth.verifyOtp({
      email,
      token: smtp.last(email).otp,
      type: 'email_change',
    })
    expect(error).toBeNull()
    expect((await client.auth.getUser()).data.user).toMatchObject({ id: user.id, email: next })
    expect((await auth.client().auth.signInWithPassword({ email: next, password })).error).toBeNull()
  })
})

describe('admins', () => {
  const admin = () => auth.client(serviceToken).auth.admin

  test('invite', async () => {
    const email = newEmail()
    const { data, error } = await admin().inviteUserByEmail(email, { data: { team: 'a' } })
    expect(error).toBeNull()
    expect(data.user?.invited_at).toBeTruthy()
    const target = await follow(smtp.last(email).link)
    expect(target.hash).toContain('type=invite')
    const again = await admin().inviteUserByEmail(email)
    expect(again.error).toMatchObject({ status: 422, code: 'email_exists' })
  })

  test('make links without sending them', async () => {
    const email = newEmail()
    const sent = smtp.mails.length
    const signup = await admin().generateLink({ type: 'signup', email, password })
    expect(signup.error).toBeNull()
    expect(signup.data.properties?.verification_type).toBe('signup')
    const { hash } = await follow(signup.data.properties!.action_link)
    expect(hash).toContain('access_token=')
    const magic = await admin().generateLink({ type: 'magiclink', email })
    const { data } = await auth.client().auth.verifyOtp({
      token_hash: magic.data.properties!.hashed_token,
      type: 'magiclink',
    })
    expect(data.session?.user.email).toBe(email)
    const nobody = await admin().generateLink({ type: 'recovery', email: newEmail() })
    expect(nobody.error).toMatchObject({ status: 404, code: 'user_not_found' })
    expect(smtp.mails.length).toBe(sent)
  })
})
