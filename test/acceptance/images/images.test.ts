// The services as compose files start the official images: the same variables, and a PostgreSQL in which nobody made anything for them.
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type BarePostgres, startBarePostgres } from '../../support/bare-postgres.ts'
import { freePort } from '../../support/ports.ts'
import { startTestPostgres } from '../../support/postgres.ts'
import { eventually, startService, stopServices, token } from './service.ts'

let postgres: BarePostgres
let folder: string
beforeAll(async () => {
  postgres = await startBarePostgres()
  folder = await mkdtemp(join(tmpdir(), 'hangar-images-'))
}, 60_000)
afterEach(stopServices)
afterAll(async () => {
  await postgres?.stop()
  await rm(folder, { recursive: true, force: true })
})

const secret = 'super-secret-jwt-token-with-at-least-32-characters-long'
const databaseUrl = (name: string) => postgres.url().replace(/postgres$/, name)

async function createDatabase(name: string): Promise<void> {
  const admin = await postgres.client()
  await admin.query(`create database ${name}`)
}

async function withDatabase<T>(name: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl(name) })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const rows = (name: string, text: string) =>
  withDatabase(name, async client => (await client.query(text)).rows)

/** As the client library's own infrastructure has it, with what no Supabase service reads (`_OPERATOR_TOKEN`, `_COOKIE_KEY`). */
function authVariables(database: string, more: Record<string, string> = {}): Record<string, string> {
  return {
    GOTRUE_MAILER_URLPATHS_CONFIRMATION: '/verify',
    GOTRUE_JWT_SECRET: secret,
    GOTRUE_JWT_EXP: '3600',
    GOTRUE_DB_DRIVER: 'postgres',
    DB_NAMESPACE: 'auth',
    GOTRUE_API_HOST: '0.0.0.0',
    GOTRUE_DISABLE_SIGNUP: 'false',
    API_EXTERNAL_URL: 'http://localhost:9999',
    GOTRUE_SITE_URL: 'http://localhost:9999',
    GOTRUE_URI_ALLOW_LIST: 'https://supabase.io/docs',
    GOTRUE_MAILER_AUTOCONFIRM: 'true',
    GOTRUE_LOG_LEVEL: 'DEBUG',
    GOTRUE_OPERATOR_TOKEN: 'super-secret-operator-token',
    DATABASE_URL: `${databaseUrl(database)}?sslmode=disable`,
    GOTRUE_EXTERNAL_PHONE_ENABLED: 'true',
    GOTRUE_SMS_PROVIDER: 'twilio',
    GOTRUE_SMS_TWILIO_ACCOUNT_SID: '',
    GOTRUE_SMS_TWILIO_AUTH_TOKEN: '',
    GOTRUE_SMS_TWILIO_MESSAGE_SERVICE_SID: '',
    GOTRUE_SMS_AUTOCONFIRM: 'true',
    GOTRUE_SMTP_HOST: 'mail',
    GOTRUE_SMTP_PORT: '2500',
    GOTRUE_SMTP_USER: 'GOTRUE_SMTP_USER',
    GOTRUE_SMTP_PASS: 'GOTRUE_SMTP_PASS',
    GOTRUE_SMTP_ADMIN_EMAIL: 'admin@email.com',
    GOTRUE_MAILER_SUBJECTS_CONFIRMATION: 'Please confirm',
    GOTRUE_COOKIE_KEY: 'sb',
    GOTRUE_MFA_WEB_AUTHN_ENROLL_ENABLED: 'true',
    GOTRUE_MFA_WEB_AUTHN_VERIFY_ENABLED: 'true',
    ...more,
  }
}

function storageVariables(database: string, more: Record<string, string> = {}): Record<string, string> {
  return {
    ANON_KEY: token(secret, { role: 'anon' }),
    SERVICE_KEY: token(secret, { role: 'service_role' }),
    PROJECT_REF: 'bjwdssmqcnupljrqypxz',
    REGION: 'us-east-1',
    POSTGREST_URL: 'http://rest:3000',
    GLOBAL_S3_BUCKET: 'supa-storage-testing',
    PGRST_JWT_SECRET: secret,
    DATABASE_URL: databaseUrl(database),
    PGOPTIONS: '-c search_path=storage',
    AWS_ACCESS_KEY_ID: 'replace-with-your-aws-key',
    AWS_SECRET_ACCESS_KEY: 'replace-with-your-aws-secret',
    FILE_SIZE_LIMIT: '52428800',
    STORAGE_BACKEND: 'file',
    FILE_STORAGE_BACKEND_PATH: join(folder, database),
    ENABLE_IMAGE_TRANSFORMATION: 'true',
    IMGPROXY_URL: 'http://imgproxy:8080',
    DEBUG: 'knex:*',
    ...more,
  }
}

const json = (body: unknown) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

it('auth makes its schema before anybody asks, and the four configurations of its client share one empty database', async () => {
  await createDatabase('empty_auth')
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const keys = [
    {
      kty: 'oct',
      k: Buffer.from(secret).toString('base64url'),
      kid: 'old',
      key_ops: ['verify'],
      alg: 'HS256',
    },
    {
      ...pair.privateKey.export({ format: 'jwk' }),
      kid: 'new',
      key_ops: ['sign', 'verify'],
      alg: 'RS256',
    },
  ]
  const [confirmed, asymmetric, disabled, confirming] = await Promise.all([
    startService('auth', authVariables('empty_auth', { GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED: 'true' })),
    startService('auth', authVariables('empty_auth', { GOTRUE_JWT_KEYS: JSON.stringify(keys) })),
    startService(
      'auth',
      authVariables('empty_auth', {
        GOTRUE_DISABLE_SIGNUP: 'true',
        GOTRUE_EXTERNAL_EMAIL_ENABLED: 'false',
        GOTRUE_EXTERNAL_PHONE_ENABLED: 'false',
      }),
    ),
    startService('auth', authVariables('empty_auth', { GOTRUE_MAILER_AUTOCONFIRM: 'false' })),
  ])
  await eventually(
    () =>
      rows('empty_auth', `select proname from pg_proc where pronamespace = 'auth'::regnamespace order by 1`),
    found => found.map(row => row.proname).join() === 'email,jwt,role,uid',
  )
  const account = { email: 'somebody@example.com', password: 'a-long-password' }
  expect((await fetch(`${confirmed.url}/signup`, json(account))).status).toBe(200)
  expect((await fetch(`${confirmed.url}/signup`, json({ data: {} }))).status).toBe(200)
  const session = (await (
    await fetch(`${asymmetric.url}/token?grant_type=password`, json(account))
  ).json()) as { access_token: string }
  expect(JSON.parse(Buffer.from(session.access_token.split('.')[0] ?? '', 'base64url').toString())).toEqual({
    alg: 'RS256',
    typ: 'JWT',
    kid: 'new',
  })
  const refused = await fetch(
    `${disabled.url}/signup`,
    json({ email: 'b@example.com', password: 'abcdef12' }),
  )
  expect(refused.status).toBe(422)
  // Its SMTP server is not there: said to the client and in the log, and the service goes on.
  const unsent = await fetch(
    `${confirming.url}/signup`,
    json({ email: 'c@example.com', password: 'abcdef12' }),
  )
  expect([unsent.status, (await unsent.json()) as unknown]).toMatchObject([
    500,
    { msg: 'Error sending confirmation email' },
  ])
  expect((await fetch(`${confirming.url}/health`)).status).toBe(200)
})

it('auth lifts the tables of an older GoTrue to the shape of new ones, and whoever is in them signs in', async () => {
  for (const name of ['older_auth', 'newer_auth']) await createDatabase(name)
  const older = await readFile(new URL('older.sql', import.meta.url), 'utf8')
  const id = randomUUID()
  await withDatabase('older_auth', async client => {
    await client.query(older)
    await client.query('create extension pgcrypto')
    await client.query(
      `insert into auth.users (instance_id, id, aud, role, email, encrypted_password, confirmed_at, raw_app_meta_data, raw_user_meta_data, confirmation_token, recovery_token, email_change_token, email_change)
       values ('00000000-0000-0000-0000-000000000000', $1, 'authenticated', 'authenticated', 'old@example.com', crypt('a-long-password', gen_salt('bf', 4)), now(), '{"provider":"email"}', '{}', '', '', '', '')`,
      [id],
    )
  })
  const [auth] = await Promise.all([
    startService('auth', authVariables('older_auth')),
    startService('auth', authVariables('newer_auth')),
  ])
  const shape = `select table_name, column_name, data_type, is_nullable, is_generated from information_schema.columns
    where table_schema = 'auth' order by table_name, column_name`
  const newest = `select max(version) as version, count(*)::int > 70 as all from auth.schema_migrations`
  const done = (found: { all: boolean }[]) => found[0]?.all === true
  await eventually(() => rows('newer_auth', newest), done)
  await eventually(() => rows('older_auth', newest), done)
  expect(await rows('older_auth', shape)).toEqual(await rows('newer_auth', shape))

  const account = { email: 'old@example.com', password: 'a-long-password' }
  const answer = await fetch(`${auth.url}/token?grant_type=password`, json(account))
  expect([answer.status, ((await answer.json()) as { user: { id: string } }).user]).toMatchObject([
    200,
    { id, email: 'old@example.com', identities: [{ provider: 'email', user_id: id }] },
  ])
  expect((await fetch(`${auth.url}/signup`, json({ ...account, password: 'another-one' }))).status).toBe(422)
  await withDatabase('older_auth', async client => {
    await client.query('begin')
    await client.query(`select set_config('request.jwt.claims', '{"sub":"${id}"}', true)`)
    expect((await client.query('select auth.uid()')).rows).toEqual([{ uid: id }])
  })
})

it('storage makes its schema and the roles that are missing, and asks its policies', async () => {
  await createDatabase('empty_storage')
  const storage = await startService('storage', storageVariables('empty_storage'), 'SERVER_PORT')
  await eventually(
    () => rows('empty_storage', `select id from storage.buckets`),
    () => true,
  )
  const as = (role: string, more: RequestInit = {}) => ({
    ...more,
    headers: {
      authorization: `Bearer ${token(secret, { role })}`,
      ...(more.headers as Record<string, string>),
    },
  })
  const bucket = await fetch(`${storage.url}/bucket`, as('service_role', json({ name: 'files' })))
  expect(bucket.status).toBe(200)
  const body = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'hello' }
  expect((await fetch(`${storage.url}/object/files/a.txt`, as('anon', body))).status).toBe(400)
  await withDatabase('empty_storage', client =>
    client.query(`create policy anybody on storage.objects for all using (bucket_id = 'files')`),
  )
  expect((await fetch(`${storage.url}/object/files/a.txt`, as('anon', body))).status).toBe(200)
  expect(await (await fetch(`${storage.url}/object/files/a.txt`, as('anon'))).text()).toBe('hello')
})

it('storage adds to the tables of another storage what they lack, beside whose numbers its own stand', async () => {
  await createDatabase('older_storage')
  const older = await readFile(new URL('older.sql', import.meta.url), 'utf8')
  await withDatabase('older_storage', async client => {
    await client.query(older)
    await client.query(`insert into storage.buckets (id, name) values ('kept', 'kept')`)
    await client.query(
      `create policy kept on storage.objects using ((storage.foldername(name))[1] = 'public')`,
    )
  })
  const storage = await startService('storage', storageVariables('older_storage'), 'SERVER_PORT')
  const authorization = `Bearer ${token(secret, { role: 'service_role' })}`
  const buckets = await fetch(`${storage.url}/bucket`, { headers: { authorization } })
  expect((await buckets.json()) as unknown).toMatchObject([{ id: 'kept', public: false, type: 'STANDARD' }])
  const put = await fetch(`${storage.url}/object/kept/public/a.txt`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'text/plain' },
    body: 'hello',
  })
  expect(put.status).toBe(200)
  const listed = await fetch(`${storage.url}/object/list/kept`, {
    ...json({ prefix: 'public' }),
    headers: { authorization, 'content-type': 'application/json' },
  })
  expect((await listed.json()) as unknown).toMatchObject([{ name: 'a.txt', metadata: { size: 5 } }])
  expect(await rows('older_storage', 'select id from storage.migrations order by id')).toEqual([
    { id: 0 },
    { id: 1 },
  ])
  await storage.stop()
  const again = await startService('storage', storageVariables('older_storage'), 'SERVER_PORT')
  expect((await fetch(`${again.url}/object/kept/public/a.txt`, { headers: { authorization } })).status).toBe(
    200,
  )
})

it('rest answers 503 until its database is there and 406 until a schema is, and then both', async () => {
  const rest = await startService(
    'rest',
    {
      PGRST_DB_URI: databaseUrl('later'),
      PGRST_DB_SCHEMAS: 'public,personal',
      PGRST_DB_EXTRA_SEARCH_PATH: 'extensions',
      PGRST_DB_ANON_ROLE: 'postgres',
      PGRST_DB_PLAN_ENABLED: '1',
      PGRST_DB_TX_END: 'commit-allow-override',
      PGRST_DB_AGGREGATES_ENABLED: 'true',
    },
    'PGRST_SERVER_PORT',
  )
  await createDatabase('later')
  const there = await eventually(
    () => fetch(`${rest.url}/`),
    answer => answer.status === 200,
  )
  expect(there.headers.get('content-type')).toContain('application/openapi+json')
  await withDatabase('later', client =>
    client.query(`
      create schema personal;
      create table personal.users (username text primary key);
      insert into personal.users values ('supabot');
      notify pgrst, 'reload schema'`),
  )
  const found = await eventually(
    () => fetch(`${rest.url}/users?select=username,count()`, { headers: { 'accept-profile': 'personal' } }),
    answer => answer.status === 200,
  )
  expect(await found.json()).toEqual([{ username: 'supabot', count: 1 }])
  const taken = await fetch(`${rest.url}/users`, {
    method: 'DELETE',
    headers: { 'content-profile': 'personal', prefer: 'tx=rollback, return=representation' },
  })
  expect(await taken.json()).toEqual([{ username: 'supabot' }])
  expect(await rows('later', 'select count(*)::int as left from personal.users')).toEqual([{ left: 1 }])
})

it('auth and storage that start before their database make their tables when it comes', async () => {
  const [auth, storage] = await Promise.all([
    startService('auth', authVariables('late')),
    startService('storage', storageVariables('late'), 'SERVER_PORT'),
  ])
  await eventually(
    async () => [auth.output(), storage.output()],
    outputs => outputs.every(output => output.includes('its tables cannot be made yet')),
  )
  await createDatabase('late')
  await eventually(
    () => rows('late', 'select from auth.users, storage.buckets limit 0'),
    () => true,
  )
})

it('with the variables of the CLI, on a database with the roles of Supabase, a session goes through all of them', async () => {
  await using supabase = await startTestPostgres()
  const jwks = JSON.stringify({
    keys: [{ kty: 'oct', k: Buffer.from(secret).toString('base64url') }],
  })
  const [auth, rest, storage] = await Promise.all([
    startService(
      'auth',
      {
        API_EXTERNAL_URL: 'http://127.0.0.1:54321',
        GOTRUE_API_HOST: '0.0.0.0',
        GOTRUE_DB_DRIVER: 'postgres',
        GOTRUE_DB_DATABASE_URL: supabase.url('supabase_auth_admin'),
        GOTRUE_SITE_URL: 'http://127.0.0.1:3000',
        GOTRUE_URI_ALLOW_LIST: 'https://127.0.0.1:3000',
        GOTRUE_DISABLE_SIGNUP: 'false',
        GOTRUE_JWT_ADMIN_ROLES: 'service_role',
        GOTRUE_JWT_AUD: 'authenticated',
        GOTRUE_JWT_DEFAULT_GROUP_NAME: 'authenticated',
        GOTRUE_JWT_EXP: '3600',
        GOTRUE_JWT_SECRET: secret,
        GOTRUE_JWT_ISSUER: 'http://127.0.0.1:54321/auth/v1',
        GOTRUE_EXTERNAL_EMAIL_ENABLED: 'true',
        GOTRUE_MAILER_SECURE_EMAIL_CHANGE_ENABLED: 'true',
        GOTRUE_MAILER_AUTOCONFIRM: 'true',
        GOTRUE_MAILER_OTP_LENGTH: '6',
        GOTRUE_MAILER_OTP_EXP: '3600',
        GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED: 'true',
        GOTRUE_SMTP_MAX_FREQUENCY: '1s',
        GOTRUE_MAILER_URLPATHS_INVITE: 'http://127.0.0.1:54321/auth/v1/verify',
        GOTRUE_RATE_LIMIT_EMAIL_SENT: '360000',
        GOTRUE_EXTERNAL_PHONE_ENABLED: 'true',
        GOTRUE_SMS_AUTOCONFIRM: 'true',
        GOTRUE_SMS_MAX_FREQUENCY: '1s',
        GOTRUE_SMS_OTP_EXP: '6000',
        GOTRUE_SMS_OTP_LENGTH: '6',
        GOTRUE_SMS_TEMPLATE: 'Your code is {{ .Code }}',
        GOTRUE_SMS_TEST_OTP: '1234567890:123456',
        GOTRUE_PASSWORD_MIN_LENGTH: '6',
        GOTRUE_PASSWORD_REQUIRED_CHARACTERS: '',
        GOTRUE_SECURITY_REFRESH_TOKEN_ROTATION_ENABLED: 'true',
        GOTRUE_SECURITY_REFRESH_TOKEN_REUSE_INTERVAL: '10',
        GOTRUE_SECURITY_MANUAL_LINKING_ENABLED: 'false',
        GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_REAUTHENTICATION: 'false',
        GOTRUE_MFA_PHONE_ENROLL_ENABLED: 'true',
        GOTRUE_MFA_PHONE_VERIFY_ENABLED: 'true',
        GOTRUE_MFA_PHONE_TEMPLATE: 'Your code is {{ .Code }}',
        GOTRUE_MFA_PHONE_OTP_LENGTH: '6',
        GOTRUE_MFA_PHONE_MAX_FREQUENCY: '1s',
        GOTRUE_MFA_TOTP_ENROLL_ENABLED: 'true',
        GOTRUE_MFA_WEB_AUTHN_ENROLL_ENABLED: 'true',
        GOTRUE_MFA_MAX_ENROLLED_FACTORS: '10',
        GOTRUE_SMTP_HOST: 'inbucket',
        GOTRUE_SMTP_PORT: '2500',
        GOTRUE_SMTP_ADMIN_EMAIL: 'admin@email.com',
        GOTRUE_EXTERNAL_GOOGLE_ENABLED: 'true',
        GOTRUE_EXTERNAL_GOOGLE_CLIENT_ID: 'a.apps.googleusercontent.com',
        GOTRUE_EXTERNAL_GOOGLE_SECRET: 'env(SUPABASE_AUTH_EXTERNAL_GOOGLE_SECRET)',
        GOTRUE_EXTERNAL_GOOGLE_SKIP_NONCE_CHECK: 'true',
        GOTRUE_EXTERNAL_GOOGLE_REDIRECT_URI: 'http://127.0.0.1:54321/auth/v1/callback',
        GOTRUE_OAUTH_SERVER_ENABLED: 'true',
        GOTRUE_OAUTH_SERVER_ALLOW_DYNAMIC_REGISTRATION: 'true',
        GOTRUE_OAUTH_SERVER_AUTHORIZATION_PATH: '/oauth/consent',
      },
      'GOTRUE_API_PORT',
    ),
    startService(
      'rest',
      {
        PGRST_DB_URI: supabase.url('authenticator'),
        PGRST_DB_SCHEMAS: 'public,personal,graphql_public',
        PGRST_DB_EXTRA_SEARCH_PATH: 'public,extensions',
        PGRST_DB_MAX_ROWS: '1000',
        PGRST_DB_ANON_ROLE: 'anon',
        PGRST_JWT_SECRET: jwks,
        PGRST_ADMIN_SERVER_PORT: String(await freePort()),
      },
      'PGRST_SERVER_PORT',
    ),
    startService(
      'storage',
      {
        ...storageVariables('cli'),
        AUTH_JWT_SECRET: secret,
        AUTH_JWT_JWKS: jwks,
        DATABASE_URL: supabase.url('supabase_storage_admin'),
        TENANT_ID: 'stub',
        STORAGE_S3_REGION: 'local',
        IMGPROXY_URL: 'http://imgproxy:5001',
        TUS_URL_PATH: '/storage/v1/upload/resumable',
        S3_PROTOCOL_ACCESS_KEY_ID: 'an-id',
        S3_PROTOCOL_ACCESS_KEY_SECRET: 'a-secret',
        S3_PROTOCOL_PREFIX: '/storage/v1',
        S3_ALLOW_FORWARDED_HEADER: 'false',
        UPLOAD_FILE_SIZE_LIMIT: '52428800000',
        UPLOAD_FILE_SIZE_LIMIT_STANDARD: '5242880000',
      },
      'SERVER_PORT',
    ),
  ])
  const admin = await supabase.client()
  await eventually(
    () => admin.query('select from auth.users, storage.buckets limit 0'),
    () => true,
  )
  // What a project's migrations and seeds write before anybody asked for anything.
  const owner = await supabase.client('postgres')
  await owner.query(`
    create schema personal;
    create table notes (id int primary key, owner uuid default auth.uid());
    alter table notes enable row level security;
    create policy own on notes using (auth.uid() = owner);
    insert into storage.buckets (id, name) values ('files', 'files');
    create policy own on storage.objects for all using (bucket_id = 'files' and owner_id = auth.uid()::text)`)
  const account = { email: 'somebody@example.com', password: 'a-long-password' }
  const session = (await (await fetch(`${auth.url}/signup`, json(account))).json()) as {
    access_token: string
  }
  const authorization = `Bearer ${session.access_token}`
  const made = await eventually(
    () =>
      fetch(`${rest.url}/notes?select=id`, {
        ...json({ id: 1 }),
        headers: { authorization, 'content-type': 'application/json', prefer: 'return=representation' },
      }),
    answer => answer.status !== 503,
  )
  expect([made.status, await made.json()]).toEqual([201, [{ id: 1 }]])
  expect(await (await fetch(`${rest.url}/notes`)).json()).toEqual([])
  const put = await fetch(`${storage.url}/object/files/a.txt`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'text/plain' },
    body: 'hello',
  })
  expect(put.status).toBe(200)
  expect((await fetch(`${auth.url}/.well-known/oauth-authorization-server`)).status).toBe(200)
})

it('the gateway reads the file of the client libraries: one route with a key, one without', async () => {
  await createDatabase('behind')
  const auth = await startService('auth', authVariables('behind'))
  const file = join(folder, 'kong.yml')
  await writeFile(
    file,
    `_format_version: '1.1'
services:
  - name: autoconfirm
    _comment: 'GoTrue: /autoconfirm/* -> http://auth:9998/*'
    url: ${auth.url}/
    routes:
      - name: auth-v1-all
        strip_path: true
        paths:
          - /autoconfirm/
    plugins:
      - name: cors
  - name: rest-v1
    url: ${auth.url}/
    routes:
      - name: rest-v1-all
        strip_path: true
        paths:
          - /rest/v1/
    plugins:
      - name: cors
      - name: key-auth
        config:
          hide_credentials: true
consumers:
  - username: 'private-key'
    keyauth_credentials:
      - key: a-key
`,
  )
  const gateway = await startService(
    'gateway',
    {
      KONG_DATABASE: 'off',
      KONG_DECLARATIVE_CONFIG: file,
      KONG_DNS_ORDER: 'LAST,A,CNAME',
      KONG_PLUGINS: 'request-transformer,cors,key-auth,http-log',
      KONG_NGINX_PROXY_PROXY_BUFFER_SIZE: '160k',
    },
    'PORT',
  )
  expect((await fetch(`${gateway.url}/autoconfirm/health`)).status).toBe(200)
  expect((await fetch(`${gateway.url}/rest/v1/health`)).status).toBe(401)
  expect((await fetch(`${gateway.url}/rest/v1/health`, { headers: { apikey: 'a-key' } })).status).toBe(200)
  expect((await fetch(`${gateway.url}/elsewhere`)).status).toBe(404)
})
