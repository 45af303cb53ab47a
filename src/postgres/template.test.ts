import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../../test/support/postgres.ts'

let server: TestPostgres
beforeAll(async () => {
  server = await startTestPostgres()
})
afterAll(() => server.stop())

it('has the roles of a Supabase database, with their attributes', async () => {
  const client = await server.client()
  const { rows } = await client.query(
    `select rolname, rolsuper, rolbypassrls, rolcanlogin from pg_roles where rolname !~ '^pg_' order by 1`,
  )
  expect(rows.map(row => row.rolname)).toEqual([
    'anon',
    'authenticated',
    'authenticator',
    'dashboard_user',
    'postgres',
    'service_role',
    'supabase_admin',
    'supabase_auth_admin',
    'supabase_read_only_user',
    'supabase_replication_admin',
    'supabase_storage_admin',
  ])
  expect(rows.filter(row => row.rolsuper).map(row => row.rolname)).toEqual(['supabase_admin'])
  expect(rows.filter(row => row.rolbypassrls).map(row => row.rolname)).toContain('service_role')
})

it('lets anon reach a new table of public, under row-level security, with auth.uid() from the claims', async () => {
  const owner = await server.client('postgres')
  await owner.query(`create table notes (id int primary key, owner uuid, body text);
    alter table notes enable row level security;
    create policy own on notes using (auth.uid() = owner);
    insert into notes values (1, '00000000-0000-0000-0000-000000000001', 'mine'), (2, '00000000-0000-0000-0000-000000000002', 'yours')`)
  const api = await server.client('authenticator')
  await api.query('begin')
  await api.query(`set local role authenticated`)
  await api.query(
    `select set_config('request.jwt.claims', '{"sub":"00000000-0000-0000-0000-000000000001","role":"authenticated"}', true)`,
  )
  expect((await api.query('select body from notes')).rows).toEqual([{ body: 'mine' }])
  expect((await api.query('select auth.role() as role')).rows[0]).toEqual({ role: 'authenticated' })
  await api.query('rollback')
})

it('lets the owner of the database set what PostgREST reads there, but not take on the superuser', async () => {
  const owner = await server.client('postgres')
  await owner.query(`alter role authenticator set pgrst.db_aggregates_enabled to 'true'`)
  const { rows } = await owner.query(
    `select s.setconfig from pg_db_role_setting s join pg_roles r on r.oid = s.setrole where r.rolname = 'authenticator'`,
  )
  expect(rows[0].setconfig).toContain('pgrst.db_aggregates_enabled=true')
  await expect(owner.query('grant supabase_admin to authenticator')).rejects.toThrowError('permission denied')
  await owner.query('alter role authenticator reset pgrst.db_aggregates_enabled')
})

it('tells the REST service when the schema changes', async () => {
  const listener = await server.client('authenticator')
  await listener.query('listen pgrst')
  const heard = new Promise(resolve => listener.once('notification', message => resolve(message.payload)))
  await (await server.client('postgres')).query('create table watched (id int)')
  expect(await heard).toBe('reload schema')
})

it('refuses a role without its password, and the superuser to anybody but the operator', async () => {
  const connect = (user: string, password: string) =>
    new pg.Client({ host: server.socketDirectory, user, password, database: 'postgres' }).connect()
  await expect(connect('postgres', 'wrong')).rejects.toMatchObject({ code: '28P01' })
  await expect(connect('anon', '')).rejects.toThrow()
})

it('accepts a connection string with the socket folder as percent-encoded host', async () => {
  const client = new pg.Client({ connectionString: server.url('postgres') })
  await client.connect()
  expect((await client.query('select current_user as me')).rows[0]).toEqual({ me: 'postgres' })
  await client.end()
})
