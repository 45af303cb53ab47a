import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { serviceToken, startAuth, type TestAuth } from '../testing/auth.ts'

// What an answer costs must not say whether there is an account. Costs are counted, not timed: hashes are computed really, and queries run.

const hashes = vi.hoisted(() => ({ count: 0 }))
vi.mock('@node-rs/bcrypt', async original => {
  const real = await original<typeof import('@node-rs/bcrypt')>()
  const counted =
    <A extends unknown[], R>(work: (...values: A) => R) =>
    (...values: A) => {
      hashes.count++
      return work(...values)
    }
  return { ...real, hash: counted(real.hash), compare: counted(real.compare) }
})

let strict: TestAuth
let lax: TestAuth
const password = 'correct horse'
const ids = { known: '', banned: '', waiting: '', without: '' }
const emailOf = (name: string) => `${name}@example.com`
const phoneOf = (name: string) => ({ known: '491700000001', banned: '491700000002' })[name] ?? '491700000009'

beforeAll(async () => {
  lax = await startAuth({ env: { GOTRUE_EXTERNAL_PHONE_ENABLED: 'true', GOTRUE_SMS_PROVIDER: 'log' } })
  strict = await startAuth({
    postgres: lax.postgres,
    env: {
      GOTRUE_MAILER_AUTOCONFIRM: 'false',
      GOTRUE_EXTERNAL_PHONE_ENABLED: 'true',
      GOTRUE_SMS_PROVIDER: 'log',
      GOTRUE_HOOK_SEND_EMAIL_ENABLED: 'true',
      GOTRUE_HOOK_SEND_EMAIL_URI: 'pg-functions://postgres/public/take_email',
    },
  })
  await lax.admin.query(`
    create function public.take_email(event jsonb) returns jsonb language sql as $$ select '{}'::jsonb $$;
    grant execute on function public.take_email to supabase_auth_admin;
  `)
  for (const name of Object.keys(ids)) {
    const body = {
      email: emailOf(name),
      ...(name === 'known' || name === 'banned' ? { phone: phoneOf(name), phone_confirm: true } : {}),
      password,
      email_confirm: name !== 'waiting',
      ...(name === 'banned' && { ban_duration: '1h' }),
    }
    const made = await lax.fetch('/admin/users', { method: 'POST', token: serviceToken, body })
    expect(made.status).toBe(200)
  }
  await lax.admin.query('update auth.users set encrypted_password = null where email = $1', [
    emailOf('without'),
  ])
})
afterAll(async () => {
  await strict?.[Symbol.asyncDispose]()
  await lax?.[Symbol.asyncDispose]()
})

/** Hashes and transactions that an answer took. */
async function costOf(auth: TestAuth, path: string, body: unknown) {
  hashes.count = 0
  const query = vi.spyOn(pg.Client.prototype, 'query')
  try {
    const answer = await auth.fetch(path, { method: 'POST', body })
    const begun = query.mock.calls.filter(([text]) => String(text) === 'begin').length
    return { status: answer.status, hashes: hashes.count, transactions: begun }
  } finally {
    query.mockRestore()
  }
}

test.each(['email', 'phone'])('a wrong password costs the same whoever it is of, by %s', async by => {
  const attempt = (name: string) =>
    costOf(lax, '/token?grant_type=password', {
      [by]: by === 'email' ? emailOf(name) : phoneOf(name),
      password: 'wrong',
    })
  const unknown = await attempt('nobody')
  expect(unknown).toEqual({ status: 400, hashes: 1, transactions: 1 })
  for (const name of ['known', 'banned', ...(by === 'email' ? ['waiting', 'without'] : [])]) {
    expect([name, await attempt(name)]).toEqual([name, unknown])
  }
})

test.each(['email', 'phone'])('a sign-up costs as much whether or not the %s is taken', async by => {
  const attempt = (value: string) => costOf(strict, '/signup', { [by]: value, password })
  const fresh = await attempt(by === 'email' ? emailOf(randomUUID()) : '491700000077')
  expect(fresh).toEqual({ status: 200, hashes: 1, transactions: 1 })
  expect(await attempt(by === 'email' ? emailOf('known') : phoneOf('known'))).toEqual(fresh)
})

test('a password that is no text is refused alike', async () => {
  const [known, unknown] = await Promise.all(
    ['known', 'nobody'].map(name =>
      lax.fetch('/token?grant_type=password', {
        method: 'POST',
        body: { email: emailOf(name), password: { not: 'a text' } },
      }),
    ),
  )
  expect([known?.status, unknown?.status]).toEqual([400, 400])
})
