import type { SupabaseClient } from '@supabase/supabase-js'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { processesOf, startHangar, type TestHangar } from '../support/hangar.ts'
import { supabaseClient } from '../support/supabase.ts'

// The whole journey as a user makes it: the built program, the official client, psql's wire, and what happens after stop, sleep and kill -9.

interface Connection {
  supabase_url: string
  supabase_anon_key: string
  supabase_service_role_key: string
  supabase_publishable_key: string
  supabase_secret_key: string
  db_connection_string: string
  studio_url: string
  studio_username: string
  studio_password: string
}

let hangar: TestHangar
let connection: Connection
let client: SupabaseClient

beforeAll(async () => {
  hangar = await startHangar({ bare: false })
  connection = await hangar.json<Connection>('silo', 'connect', 'acme-erp', '--reveal')
  client = supabaseClient(connection.supabase_url, connection.supabase_anon_key)
  await sql(`
    create table public.notes (
      id bigint generated always as identity primary key,
      owner uuid not null default auth.uid(),
      body text not null
    );
    alter table public.notes enable row level security;
    create policy "own notes" on public.notes for all to authenticated using (auth.uid() = owner) with check (auth.uid() = owner);
    insert into storage.buckets (id, name, public) values ('papers', 'papers', false) on conflict do nothing;
    create policy "own papers" on storage.objects for all to authenticated
      using (bucket_id = 'papers' and owner_id = auth.uid()::text) with check (bucket_id = 'papers');
  `)
})

afterAll(async () => {
  const { home } = hangar
  await hangar.stop()
  expect(await processesOf(home)).toEqual([])
})

async function sql(text: string) {
  const database = new pg.Client({ connectionString: connection.db_connection_string })
  await database.connect()
  return (await database.query(text).finally(() => database.end())).rows
}

/** What every stage below must still find. */
async function readsItsOwnNotes() {
  const { data, error } = await client.from('notes').select('body').order('id')
  expect(error).toBeNull()
  expect(data?.map(note => note.body)).toContain('first')
}

it("a new silo answers without reading the catalogue: its schema is the template's until somebody changes it", async () => {
  await hangar.json('silo', 'create', 'acme', 'fresh')
  const fresh = await hangar.json<Connection>('silo', 'connect', 'acme-fresh', '--reveal')
  const buckets = () =>
    supabaseClient(fresh.supabase_url, fresh.supabase_service_role_key)
      .schema('storage')
      .from('buckets')
      .select()
  const readings = async () =>
    (await hangar.run('logs', 'devenv-acme-fresh-rest')).stdout.split('Schema cache queried').length - 1
  expect((await buckets()).error).toBeNull()
  expect(await readings()).toBe(0)
  const database = new pg.Client({ connectionString: fresh.db_connection_string })
  await database.connect()
  await database.query('create table public.changed (id int)').finally(() => database.end())
  expect((await buckets()).error).toBeNull()
  expect(await readings()).toBe(1)
  await hangar.run('silo', 'destroy', 'acme-fresh', '--yes')
})

describe('a new user', () => {
  it('gets the demo silo, with addresses that work as printed', async () => {
    const silos = await hangar.json<{ alias: string; phase: string }[]>('silo', 'list')
    expect(silos).toMatchObject([{ alias: 'acme-erp', phase: 'running' }])
    expect(hangar.output()).toContain(connection.supabase_url)
    expect(hangar.output()).toContain(connection.supabase_anon_key)
    expect(hangar.output()).not.toContain(connection.supabase_service_role_key)
  })

  it('signs up, writes and reads rows under row-level security', async () => {
    const signedUp = await client.auth.signUp({ email: 'ada@example.com', password: 'correct horse battery' })
    expect(signedUp.error).toBeNull()
    expect(signedUp.data.session?.access_token).toBeTruthy()
    expect((await client.from('notes').insert({ body: 'first' })).error).toBeNull()
    await readsItsOwnNotes()
    const stranger = supabaseClient(connection.supabase_url, connection.supabase_anon_key)
    expect((await stranger.from('notes').select()).data).toEqual([])
    await stranger.auth.signUp({ email: 'eve@example.com', password: 'another password' })
    expect((await stranger.from('notes').select()).data).toEqual([])
    expect(
      (await stranger.from('notes').insert({ body: 'x', owner: signedUp.data.user?.id })).error?.code,
    ).toBe('42501')
  })

  it('stores a file and gets it back, also by a signed URL; a stranger does not', async () => {
    const body = Buffer.from('the minutes of the meeting')
    expect(
      (await client.storage.from('papers').upload('2026/minutes.txt', body, { contentType: 'text/plain' }))
        .error,
    ).toBeNull()
    const loaded = await client.storage.from('papers').download('2026/minutes.txt')
    expect(await loaded.data?.text()).toBe('the minutes of the meeting')
    const signed = await client.storage.from('papers').createSignedUrl('2026/minutes.txt', 60)
    expect(await (await fetch(signed.data?.signedUrl ?? '')).text()).toBe('the minutes of the meeting')
    const stranger = supabaseClient(connection.supabase_url, connection.supabase_anon_key)
    expect((await stranger.storage.from('papers').download('2026/minutes.txt')).error).toBeTruthy()
  })

  it('needs a key at the gateway', async () => {
    expect((await fetch(`${connection.supabase_url}/rest/v1/notes`)).status).toBe(401)
  })

  it('takes keys in the newer form for what they stand for', async () => {
    const anonymous = supabaseClient(connection.supabase_url, connection.supabase_publishable_key)
    expect((await anonymous.from('notes').select()).data).toEqual([])
    const { data } = await client.auth.getSession()
    const headers = { apikey: connection.supabase_publishable_key }
    const session = { ...headers, authorization: `Bearer ${data.session?.access_token}` }
    const asked = (more: Record<string, string>) =>
      fetch(`${connection.supabase_url}/rest/v1/notes?select=body`, { headers: more })
    expect(await (await asked(session)).json()).toContainEqual({ body: 'first' })
    expect(await (await asked(headers)).json()).toEqual([])
    expect(await (await asked({ apikey: connection.supabase_secret_key })).json()).toContainEqual({
      body: 'first',
    })
    const admin = supabaseClient(connection.supabase_url, connection.supabase_secret_key)
    expect((await admin.auth.admin.listUsers()).error).toBeNull()
    expect((await admin.storage.from('papers').list()).error).toBeNull()
    expect((await asked({ apikey: `${connection.supabase_secret_key.slice(0, -1)}x` })).status).toBe(401)
    const inQuery = await fetch(
      `${connection.supabase_url}/rest/v1/notes?select=body&apikey=${connection.supabase_anon_key}`,
    )
    expect([inQuery.status, await inQuery.json()]).toEqual([200, []])
  })

  it('administers users with the service role key', async () => {
    const admin = supabaseClient(connection.supabase_url, connection.supabase_service_role_key)
    const { data, error } = await admin.auth.admin.listUsers()
    expect(error).toBeNull()
    expect(data.users.map(user => user.email).sort()).toEqual(['ada@example.com', 'eve@example.com'])
  })

  it('sees studio only with its password', async () => {
    expect((await fetch(connection.studio_url)).status).toBe(401)
    const login = Buffer.from(`${connection.studio_username}:${connection.studio_password}`).toString(
      'base64',
    )
    const page = await fetch(connection.studio_url, { headers: { authorization: `Basic ${login}` } })
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  })

  it('says at once what a silo does not have: a function is answered 501, a channel is refused', async () => {
    const { error } = await client.functions.invoke('hello', { body: { name: 'somebody' } })
    const answer = error?.context as Response
    expect([answer.status, await answer.json()]).toEqual([
      501,
      { message: 'Edge functions are not available in this environment' },
    ])
    const channel = client.channel('room')
    const state = await new Promise(resolve => channel.subscribe(resolve))
    await client.removeAllChannels()
    expect(state).toBe('CHANNEL_ERROR')
  })

  it('lets in without a key whoever never had one: SAML, OAuth clients, what reads metadata', async () => {
    const status = async (path: string, method = 'GET') =>
      (await fetch(`${connection.supabase_url}/${path}`, { method, redirect: 'manual' })).status
    expect(await status('auth/v1/.well-known/openid-configuration')).toBe(200)
    // Auth itself answers that these are turned off.
    for (const path of ['.well-known/oauth-authorization-server/auth/v1', 'auth/v1/sso/saml/metadata'])
      expect([path, await status(path)]).toEqual([path, 404])
    for (const path of ['sso/saml/acs', 'oauth/token', 'oauth/clients/register'])
      expect([path, await status(`auth/v1/${path}`, 'POST')]).toEqual([path, 404])
    expect(await status('auth/v1/oauth/authorize?client_id=a')).toBe(404)
    for (const path of ['user', 'oauth/authorizations/a', 'sso', 'health', 'admin/users'])
      expect([path, await status(`auth/v1/${path}`)]).toEqual([path, 401])
  })
})

describe('the silo sleeps and wakes', () => {
  it('finds what auth mails in the inbox of the silo, with a link that works', async () => {
    const { data } = await client.auth.getUser()
    const email = data.user?.email ?? ''
    expect((await client.auth.resetPasswordForEmail(email)).error).toBeNull()
    const authorization = `Basic ${Buffer.from(`${connection.studio_username}:${connection.studio_password}`).toString('base64')}`
    const inbox = `${connection.studio_url}/inbox/api/v1`
    expect((await fetch(`${inbox}/messages`)).status).toBe(401)
    const mail = await (await fetch(`${inbox}/message/latest`, { headers: { authorization } })).text()
    const { To, Links } = JSON.parse(mail)
    expect(To[0].Address).toBe(email)
    const opened = await fetch(Links[0], { redirect: 'manual' })
    expect(opened.status).toBe(303)
    expect(opened.headers.get('location')).toMatch(/^http:\/\/localhost:3000\/?#access_token=.*type=recovery/)
  })

  it('after a stop, the next REST request is answered as if nothing had been', async () => {
    await hangar.json('silo', 'stop', 'acme-erp')
    expect((await hangar.json('silo', 'status', 'acme-erp')).phase).toBe('stopped')
    await readsItsOwnNotes()
    const status = await hangar.json('silo', 'status', 'acme-erp')
    expect(status.phase).toBe('running')
    expect(status.awake_because.door).toBe('http')
  })

  it('after a stop, who asks for another service than the one that woke it is answered too, also at the same moment', async () => {
    await hangar.json('silo', 'stop', 'acme-erp')
    const [, user, buckets] = await Promise.all([
      readsItsOwnNotes(),
      client.auth.getUser(),
      client.storage.listBuckets(),
    ])
    expect([user.error, buckets.error]).toEqual([null, null])
    const studio = await fetch(connection.studio_url)
    expect(studio.status).toBe(401)
  })

  it('after a stop, the Postgres wire wakes it too', async () => {
    await hangar.json('silo', 'stop', 'acme-erp')
    expect(await sql('select body from notes')).toEqual([{ body: 'first' }])
  })

  it('after a stop, a WebSocket client is answered in the protocol’s terms', async () => {
    await hangar.json('silo', 'stop', 'acme-erp')
    const url = `${connection.supabase_url.replace('http', 'ws')}/realtime/v1/websocket?apikey=${connection.supabase_anon_key}`
    const outcome = await new Promise<string>(resolve => {
      const socket = new WebSocket(url)
      socket.on('open', () => resolve('open'))
      socket.on('unexpected-response', (_request, response) => resolve(String(response.statusCode)))
      socket.on('error', error => resolve(error.message))
    })
    // Realtime is not one of a silo's services: the gateway was woken, and says so.
    expect(['404', '501', '502', '503']).toContain(outcome)
    expect((await hangar.json('silo', 'status', 'acme-erp')).phase).toBe('running')
  })

  it('keeps keys, names, ports and data over a kill -9 of the daemon', async () => {
    await hangar.kill()
    await hangar.up()
    expect(await hangar.json('silo', 'connect', 'acme-erp', '--reveal')).toEqual(connection)
    await readsItsOwnNotes()
    const loaded = await client.storage.from('papers').download('2026/minutes.txt')
    expect(await loaded.data?.text()).toBe('the minutes of the meeting')
  })

  it('keeps them over a clean stop of everything, which leaves no process behind', async () => {
    expect(await hangar.interrupt()).toBe(0)
    expect(await processesOf(hangar.home)).toEqual([])
    await hangar.up()
    await readsItsOwnNotes()
  })
})

describe('many silos', () => {
  it('live side by side and know nothing of each other', async () => {
    await hangar.json('silo', 'create', 'acme', 'crm')
    const other = await hangar.json<Connection>('silo', 'connect', 'acme-crm', '--reveal')
    const stranger = supabaseClient(other.supabase_url, connection.supabase_anon_key)
    expect(
      (await fetch(`${other.supabase_url}/rest/v1/`, { headers: { apikey: connection.supabase_anon_key } }))
        .status,
    ).toBe(401)
    expect((await stranger.from('notes').select()).error).toBeTruthy()
    await readsItsOwnNotes()
    await hangar.json('silo', 'destroy', 'acme-crm', '--yes')
    expect((await hangar.json<unknown[]>('silo', 'list')).length).toBe(1)
  })

  it('are refused under a name that breaks the rule, with the rule', async () => {
    const refused = await hangar.run('silo', 'create', 'Acme!', 'crm')
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('lower-case letters')
  })
})
