import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { silentLog, systemClock } from '#kernel'
import { startTestPostgres, type TestPostgres } from '../../../test/support/postgres.ts'
import { schemaVersions } from './database/schema.ts'
import { authService } from './service.ts'
import { anonToken, serviceToken, startAuth, token } from './testing/auth.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startTestPostgres()
}, 120_000)
afterAll(async () => postgres?.stop())

const password = 'correct horse'
let count = 0
const newEmail = () => `service${++count}@example.com`

describe('the service', () => {
  test('touches the database with the first request only, and health makes the tables', async () => {
    await using fresh = await startTestPostgres()
    await using one = await startAuth({ postgres: fresh })
    await using two = await startAuth({ postgres: fresh })
    const before = await one.admin.query("select to_regclass('auth.users') as found")
    expect(before.rows[0].found).toBeNull()
    // Two starters at once.
    const answers = await Promise.all([one.fetch('/health'), two.fetch('/health')])
    expect(answers.map(answer => answer.status)).toEqual([200, 200])
    expect(await answers[0]!.json()).toMatchObject({ name: 'GoTrue' })
    const { rows } = await one.admin.query(
      "select tablename, tableowner from pg_tables where schemaname = 'auth' order by tablename",
    )
    expect(rows.every(row => row.tableowner === 'supabase_auth_admin')).toBe(true)
    expect(rows.map(row => row.tablename)).toEqual(
      expect.arrayContaining(['users', 'identities', 'sessions', 'refresh_tokens', 'one_time_tokens']),
    )
    const versions = await one.admin.query('select count(*)::int as n from auth.schema_migrations')
    expect(versions.rows[0].n).toBe(schemaVersions.length)
  })

  test('makes tables that belong to its role even when it connects as postgres', async () => {
    await using fresh = await startTestPostgres()
    await using auth = await startAuth({
      postgres: fresh,
      env: { GOTRUE_DB_DATABASE_URL: fresh.url('postgres') },
    })
    expect((await auth.fetch('/health')).status).toBe(200)
    const { rows } = await auth.admin.query(
      "select distinct tableowner from pg_tables where schemaname = 'auth'",
    )
    expect(rows).toEqual([{ tableowner: 'supabase_auth_admin' }])
    expect((await auth.client().auth.signUp({ email: newEmail(), password })).error).toBeNull()
  })

  test("serves users' own tables, triggers and policies", async () => {
    await using auth = await startAuth({ postgres })
    await auth.fetch('/health')
    const owner = await postgres.client('postgres')
    await owner.query(`
      create table public.profiles (id uuid primary key references auth.users (id) on delete cascade, name text);
      create function public.on_signup() returns trigger language plpgsql security definer set search_path = '' as $$
      begin
        if new.raw_user_meta_data ->> 'name' = 'refuse' then raise exception 'no such people'; end if;
        insert into public.profiles values (new.id, new.raw_user_meta_data ->> 'name');
        return new;
      end $$;
      create trigger on_signup after insert on auth.users for each row execute function public.on_signup()`)
    const client = auth.client()
    const { data } = await client.auth.signUp({
      email: newEmail(),
      password,
      options: { data: { name: 'Ada' } },
    })
    const profiles = await owner.query('select name from public.profiles where id = $1', [data.user!.id])
    expect(profiles.rows).toEqual([{ name: 'Ada' }])
    const refused = await auth.fetch('/signup', {
      method: 'POST',
      body: { email: newEmail(), password, data: { name: 'refuse' } },
    })
    expect(refused.status).toBe(500)
    expect(await refused.json()).toMatchObject({ msg: 'Database error saving new user' })
    await auth.client(serviceToken).auth.admin.deleteUser(data.user!.id)
    expect((await owner.query('select 1 from public.profiles where id = $1', [data.user!.id])).rows).toEqual(
      [],
    )
    await owner.query('drop trigger on_signup on auth.users; drop table public.profiles')
  })

  test('waits for a database that still starts, and survives its restart', async () => {
    await using fresh = await startTestPostgres()
    await using auth = await startAuth({ postgres: fresh })
    const restarting = fresh.restart()
    const early = await auth.fetch('/health')
    expect(early.status).toBe(200)
    await restarting
    await fresh.restart()
    expect((await auth.client().auth.signUp({ email: newEmail(), password })).error).toBeNull()
  })

  test('makes its tables again when the database was replaced', async () => {
    await using fresh = await startTestPostgres()
    await using auth = await startAuth({ postgres: fresh })
    expect((await auth.fetch('/health')).status).toBe(200)
    await auth.admin.query('drop schema auth cascade; create schema auth authorization supabase_auth_admin')
    expect((await auth.client().auth.signUp({ email: newEmail(), password })).error).toBeNull()
  })

  test('says which setting is wrong', async () => {
    const env = {
      GOTRUE_JWT_SECRET: 'x',
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
      API_EXTERNAL_URL: 'http://localhost',
      GOTRUE_SITE_URL: 'http://localhost',
    }
    const create = (change: Record<string, string>) =>
      authService.create({
        env: { ...env, ...change },
        log: silentLog,
        clock: systemClock,
        cacheDirectory: '/nowhere',
      })
    await expect(create({ GOTRUE_JWT_SECRET: '' })).rejects.toThrow('GOTRUE_JWT_SECRET is not set')
    await expect(create({ GOTRUE_JWT_EXP: 'soon' })).rejects.toThrow('GOTRUE_JWT_EXP must be a number')
    await expect(create({ GOTRUE_DISABLE_SIGNUP: 'maybe' })).rejects.toThrow('must be true or false')
    await (await create({})).close(0)
    expect(authService.port({})).toBe(9999)
    expect(authService.port({ PORT: '8000', GOTRUE_API_PORT: '9000' })).toBe(9000)
  })
})

describe('errors', () => {
  test('come in the form of the API version', async () => {
    await using auth = await startAuth({ postgres })
    const body = { email: newEmail(), password }
    const old = await auth.fetch('/token?grant_type=password', { method: 'POST', body })
    expect(await old.json()).toEqual({
      code: 400,
      error_code: 'invalid_credentials',
      msg: 'Invalid login credentials',
    })
    expect(old.headers.get('x-supabase-api-version')).toBeNull()
    const now = await auth.fetch('/token?grant_type=password', {
      method: 'POST',
      body,
      headers: { 'x-supabase-api-version': '2024-01-01' },
    })
    expect(now.headers.get('x-supabase-api-version')).toBe('2024-01-01')
    expect(await now.json()).toEqual({ code: 'invalid_credentials', message: 'Invalid login credentials' })
    const weak = await auth.fetch('/signup', { method: 'POST', body: { email: newEmail(), password: 'x' } })
    expect(await weak.json()).toMatchObject({ code: 422, weak_password: { reasons: ['length'] } })
  })

  test.each([
    ['GET', '/user', undefined, 401, 'no_authorization'],
    ['GET', '/user', 'nonsense', 403, 'bad_jwt'],
    ['GET', '/user', token({ role: 'authenticated', sub: 'x' }, 'another secret'), 403, 'bad_jwt'],
    ['GET', '/user', token({ sub: '0b3e1c2a-0000-4000-8000-000000000000', exp: 1 }), 403, 'bad_jwt'],
    ['GET', '/user', anonToken, 403, 'bad_jwt'],
    ['GET', '/user', token({ sub: '0b3e1c2a-0000-4000-8000-000000000000' }), 403, 'user_not_found'],
    ['GET', '/admin/users', undefined, 401, 'no_authorization'],
    ['GET', '/admin/users', anonToken, 403, 'not_admin'],
    ['GET', '/admin/users?page=x', serviceToken, 400, 'validation_failed'],
    ['GET', '/admin/users/x', serviceToken, 404, 'validation_failed'],
    ['GET', '/admin/users/0b3e1c2a-0000-4000-8000-000000000000', serviceToken, 404, 'user_not_found'],
    ['GET', '/authorize?provider=github', undefined, 400, 'validation_failed'],
    ['GET', '/nowhere', undefined, 404, 'not_found'],
    ['POST', '/token?grant_type=magic', undefined, 400, 'invalid_credentials'],
    ['POST', '/token?grant_type=refresh_token', undefined, 400, 'bad_json'],
    ['POST', '/logout?scope=some', anonToken, 400, 'validation_failed'],
    ['POST', '/factors', undefined, 401, 'no_authorization'],
    ['DELETE', '/user/identities/x', undefined, 404, 'manual_linking_disabled'],
    ['POST', '/token?grant_type=web3', undefined, 400, 'bad_json'],
    ['POST', '/sso', undefined, 404, 'saml_provider_disabled'],
  ])('%s %s is refused', async (method, path, bearer, status, code) => {
    await using auth = await startAuth({ postgres })
    const answer = await auth.fetch(path, { method, ...(bearer === undefined ? {} : { token: bearer }) })
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ code: status, error_code: code })
  })

  test.each([
    ['{"email": 5, "password": "correct horse"}', 400, 'bad_json'],
    ['{"email": ', 400, 'bad_json'],
    ['[1]', 400, 'bad_json'],
    ['{"email": "n@b.c", "password": "correct horse", "data": {"a": "\\u0000"}}', 422, 'validation_failed'],
    ['{"email": "a@b.c"}', 400, 'validation_failed'],
    ['{"email": "a@b.c", "phone": "123", "password": "correct horse"}', 400, 'validation_failed'],
    ['{"phone": "491234567", "password": "correct horse"}', 400, 'phone_provider_disabled'],
  ])('signing up with %s is refused', async (body, status, code) => {
    await using auth = await startAuth({ postgres })
    const answer = await fetch(`${auth.url}/signup`, { method: 'POST', body })
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ error_code: code })
  })
})

describe('settings', () => {
  test('turn ways to sign up off', async () => {
    await using auth = await startAuth({
      postgres,
      env: { GOTRUE_DISABLE_SIGNUP: 'true', GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED: 'false' },
    })
    const { error } = await auth.client().auth.signUp({ email: newEmail(), password })
    expect(error).toMatchObject({ status: 422, code: 'signup_disabled' })
    const settings = await (await auth.fetch('/settings')).json()
    expect(settings).toMatchObject({
      disable_signup: true,
      mailer_autoconfirm: true,
      external: { email: true, phone: false, anonymous_users: false, github: false },
    })
    const made = await auth.client(serviceToken).auth.admin.createUser({ email: newEmail(), password })
    expect(made.error).toBeNull()
  })

  test('forbid signing in without a name', async () => {
    await using auth = await startAuth({
      postgres,
      env: { GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED: 'false' },
    })
    const { error } = await auth.client().auth.signInAnonymously()
    expect(error).toMatchObject({ status: 422, code: 'anonymous_provider_disabled' })
  })

  test('let a refresh token be used again for a while', async () => {
    await using auth = await startAuth({
      postgres,
      env: { GOTRUE_SECURITY_REFRESH_TOKEN_REUSE_INTERVAL: '60' },
    })
    const { data } = await auth.client().auth.signUp({ email: newEmail(), password })
    const first = data.session!.refresh_token
    const refresh = async (refresh_token: string) =>
      (await auth.client().auth.refreshSession({ refresh_token })).data.session!.refresh_token
    const second = await refresh(first)
    const third = await refresh(second)
    const again = await refresh(first)
    expect(new Set([first, second, third, again]).size).toBe(4)
  })

  test('make one session of many refreshes at once', async () => {
    await using auth = await startAuth({ postgres })
    const { data } = await auth.client().auth.signUp({ email: newEmail(), password })
    const { refresh_token } = data.session!
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => auth.client().auth.refreshSession({ refresh_token })),
    )
    expect(answers.map(answer => answer.error)).toEqual(Array(6).fill(null))
    expect(new Set(answers.map(answer => answer.data.session?.refresh_token)).size).toBe(1)
  })

  test('without a mail server say that no email can be sent', async () => {
    await using auth = await startAuth({ postgres, env: { GOTRUE_MAILER_AUTOCONFIRM: 'false' } })
    for (const path of ['/recover', '/magiclink', '/otp']) {
      const answer = await auth.fetch(path, { method: 'POST', body: { email: newEmail() } })
      expect(await answer.json()).toMatchObject({
        code: 422,
        msg: expect.stringContaining('GOTRUE_SMTP_HOST'),
      })
    }
    const { error } = await auth.client().auth.signUp({ email: newEmail(), password })
    expect(error?.message).toContain('GOTRUE_SMTP_HOST')
  })

  test('ask for characters in passwords', async () => {
    await using auth = await startAuth({
      postgres,
      env: { GOTRUE_PASSWORD_MIN_LENGTH: '10', GOTRUE_PASSWORD_REQUIRED_CHARACTERS: 'abc:0123' },
    })
    const { error } = await auth.client().auth.signUp({ email: newEmail(), password: 'aaaaaa' })
    expect(error).toMatchObject({ code: 'weak_password', reasons: ['length', 'characters'] })
  })

  test('write down who did what', async () => {
    await using auth = await startAuth({ postgres })
    const email = newEmail()
    await auth.client().auth.signUp({ email, password })
    const answer = await auth.fetch('/admin/audit?per_page=2', { token: serviceToken })
    const entries = (await answer.json()) as { payload: { action: string; actor_username: string } }[]
    expect(entries.map(entry => entry.payload.action).sort()).toEqual(['login', 'user_signedup'])
    expect(entries.every(entry => entry.payload.actor_username === email)).toBe(true)
    expect(Number(answer.headers.get('x-total-count'))).toBeGreaterThanOrEqual(2)
  })

  test('publish no keys, for the secret is shared', async () => {
    await using auth = await startAuth({ postgres })
    expect(await (await auth.fetch('/.well-known/jwks.json')).json()).toEqual({ keys: [] })
  })
})
