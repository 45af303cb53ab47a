// The services as compose files start the official images: the same variables, and a PostgreSQL in which nobody made anything for them.
import { expect, it } from 'vitest'
import { eventually, startService } from './service.ts'
import { authVariables, storageVariables } from './variables.ts'
import { imagesWorld } from './world.ts'

const { createDatabase, databaseUrl, path, rows, withDatabase } = imagesWorld()

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
    startService('auth', authVariables(databaseUrl('late'))),
    startService('storage', storageVariables(databaseUrl('late'), path('late')), 'SERVER_PORT'),
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
