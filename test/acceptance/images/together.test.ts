// The services as compose files start the official images: the same variables, and a PostgreSQL in which nobody made anything for them.
import { writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { freePort } from '../../support/ports.ts'
import { startTestPostgres } from '../../support/postgres.ts'
import { eventually, startService } from './service.ts'
import { authVariables, cliAuthVariables, secret, storageVariables } from './variables.ts'
import { imagesWorld, json } from './world.ts'

const { createDatabase, databaseUrl, path } = imagesWorld()

it('with the variables of the CLI, on a database with the roles of Supabase, a session goes through all of them', async () => {
  await using supabase = await startTestPostgres()
  const jwks = JSON.stringify({
    keys: [{ kty: 'oct', k: Buffer.from(secret).toString('base64url') }],
  })
  const [auth, rest, storage] = await Promise.all([
    startService('auth', cliAuthVariables(supabase.url('supabase_auth_admin')), 'GOTRUE_API_PORT'),
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
        ...storageVariables(databaseUrl('cli'), path('cli')),
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
  const auth = await startService('auth', authVariables(databaseUrl('behind')))
  const file = path('kong.yml')
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
