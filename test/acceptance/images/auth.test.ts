// The services as compose files start the official images: the same variables, and a PostgreSQL in which nobody made anything for them.
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { eventually, startService } from './service.ts'
import { authVariables, secret } from './variables.ts'
import { imagesWorld, json, olderTables } from './world.ts'

const { createDatabase, databaseUrl, rows, withDatabase } = imagesWorld()

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
    startService(
      'auth',
      authVariables(databaseUrl('empty_auth'), { GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED: 'true' }),
    ),
    startService('auth', authVariables(databaseUrl('empty_auth'), { GOTRUE_JWT_KEYS: JSON.stringify(keys) })),
    startService(
      'auth',
      authVariables(databaseUrl('empty_auth'), {
        GOTRUE_DISABLE_SIGNUP: 'true',
        GOTRUE_EXTERNAL_EMAIL_ENABLED: 'false',
        GOTRUE_EXTERNAL_PHONE_ENABLED: 'false',
      }),
    ),
    startService('auth', authVariables(databaseUrl('empty_auth'), { GOTRUE_MAILER_AUTOCONFIRM: 'false' })),
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
  const older = await olderTables()
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
    startService('auth', authVariables(databaseUrl('older_auth'))),
    startService('auth', authVariables(databaseUrl('newer_auth'))),
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
