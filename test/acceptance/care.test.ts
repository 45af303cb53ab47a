import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '#client'
import type { GrantedLease, Progress, SiloConnection } from '#contract'
import { controlSocketOf, processesOf, startHangar, type TestHangar } from '../support/hangar.ts'
import { supabaseClient } from '../support/supabase.ts'

// Leases, modes of row-level security, rotation, moves, restoring and frontends, against a running Hangar.

let hangar: TestHangar
let netlify: Server
let built: Record<string, string>[]
let variables: Record<string, string>
let netlifyFails = false

beforeAll(async () => {
  built = []
  variables = {}
  netlify = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method, url = '' } = request
    const answer = (status: number, value: unknown) => response.writeHead(status).end(JSON.stringify(value))
    if (netlifyFails) return answer(503, {})
    if (url === '/sites/site-1') return answer(200, { account_id: 'acc' })
    if (url.endsWith('/builds')) {
      built.push({ ...variables })
      return answer(200, {})
    }
    if (method === 'GET')
      return answer(
        200,
        Object.keys(variables).map(key => ({ key })),
      )
    for (const { key, values } of [JSON.parse(body)].flat()) variables[key] = values[0].value
    answer(200, {})
  })
  await new Promise<void>(resolve => netlify.listen(0, '127.0.0.1', resolve))
  hangar = await startHangar({
    env: {
      NETLIFY_AUTH_TOKEN: 'netlify-token',
      NETLIFY_API_URL: `http://127.0.0.1:${(netlify.address() as AddressInfo).port}`,
    },
  })
  await desk().call('siloCreate', { client: 'care', app: 'one', region: 'iad' })
  const owner = await database((await connection()).db_connection_string)
  await owner.query(`
    create table notes (id bigint generated always as identity primary key, text text);
    insert into notes (text) select 'note ' || n from generate_series(1, 30) n;
    create function wipe() returns void language sql security definer as 'delete from public.notes'`)
})
afterAll(async () => {
  for (const client of open.splice(0)) await client.end().catch(() => {})
  const { home } = hangar
  await hangar.stop()
  netlify.close()
  expect(await processesOf(home)).toEqual([])
})

const desk = () => createClient(controlSocketOf(hangar.hangarHome))
const silo_id = 'care-one'
const connection = () => desk().call('siloConnection', { silo_id })
const open: pg.Client[] = []

async function database(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString })
  client.on('error', () => {})
  await client.connect()
  open.push(client)
  return client
}

async function sql(text: string, of = silo_id) {
  const { db_connection_string } = await desk().call('siloConnection', { silo_id: of })
  const client = new pg.Client({ connectionString: db_connection_string })
  await client.connect()
  return (await client.query(text).finally(() => client.end())).rows
}

const rest = (lease: GrantedLease, path = 'notes?select=id', init: RequestInit = {}) =>
  fetch(`${lease.supabase_url}/rest/v1/${path}`, {
    ...init,
    headers: {
      apikey: lease.supabase_anon_key,
      authorization: `Bearer ${lease.access_token}`,
      'content-type': 'application/json',
      ...init.headers,
    },
  })

describe('a lease', () => {
  it('reads over the Postgres wire and over REST, and can change nothing by either', async () => {
    const lease = await desk().call('siloLease', { silo_id, purpose: 'looking' })
    const reader = await database(lease.db_connection_string)
    expect((await reader.query('select count(*)::int as n from notes')).rows).toEqual([{ n: 30 }])
    await expect(reader.query('begin read write; delete from notes')).rejects.toMatchObject({ code: '42501' })
    expect(await (await rest(lease)).json()).toHaveLength(30)
    for (const [path, init] of [
      ['notes', { method: 'POST', body: '{"text":"x"}' }],
      ['notes?id=gt.0', { method: 'DELETE' }],
      ['rpc/wipe', { method: 'POST', body: '{}' }],
    ] as const)
      expect([401, 403], path).toContain((await rest(lease, path, init)).status)
    const listed = await desk().call('siloLeases', { silo_id })
    expect(listed[0]).toMatchObject({
      lease: lease.lease,
      state: 'active',
      purpose: 'looking',
      holder: 'operator',
    })
    expect(JSON.stringify(listed)).not.toContain(lease.db_password)
  })

  it('gets no more rows than it may, over the wire and over REST, and means nothing to storage and auth', async () => {
    const lease = await desk().call('siloLease', { silo_id, row_limit: 10 })
    const reader = await database(lease.db_connection_string)
    expect((await reader.query('select * from notes limit 10')).rows).toHaveLength(10)
    await expect(reader.query('select * from notes limit 11')).rejects.toMatchObject({ code: '54000' })
    expect(await (await rest(lease)).json()).toHaveLength(10)
    for (const path of ['storage/v1/bucket', 'auth/v1/user', 'auth/v1/admin/users']) {
      const { status } = await fetch(`${lease.supabase_url}/${path}`, {
        headers: { apikey: lease.supabase_anon_key, authorization: `Bearer ${lease.access_token}` },
      })
      expect(status, path).toBeGreaterThanOrEqual(400)
    }
  })

  it('ends at once when it is revoked: session, login, and token', async () => {
    const lease = await desk().call('siloLease', { silo_id, access: 'read-write' })
    const writer = await database(lease.db_connection_string)
    await writer.query(
      `insert into notes (text) values ('by lease'); delete from notes where text = 'by lease'`,
    )
    expect((await rest(lease, 'notes?id=eq.1', { method: 'PATCH', body: '{"text":"changed"}' })).status).toBe(
      204,
    )
    await desk().call('siloLeaseRevoke', { silo_id, lease: lease.lease })
    await expect(writer.query('select 1')).rejects.toThrow()
    await expect(database(lease.db_connection_string)).rejects.toThrow()
    expect((await rest(lease)).status).toBeGreaterThanOrEqual(400)
    expect((await desk().call('siloLeases', { silo_id }))[0]).toMatchObject({ state: 'ended' })
  })

  it('ends by itself, and nobody has to ask', async () => {
    const lease = await desk().call('siloLease', { silo_id, minutes: 1 / 60 })
    const reader = await database(lease.db_connection_string)
    await new Promise<void>(resolve => reader.once('end', resolve))
    await expect(database(lease.db_connection_string)).rejects.toThrow()
    for (;;) {
      const known = (await desk().call('siloLeases', { silo_id })).find(one => one.lease === lease.lease)
      if (known?.state === 'ended') return expect(known.end_reason).toBe('expired')
    }
  })

  it('is for one silo: another has never heard of it', async () => {
    await desk().call('siloCreate', { client: 'care', app: 'two', studio: false })
    const lease = await desk().call('siloLease', { silo_id })
    const other = await desk().call('siloConnection', { silo_id: 'care-two' })
    const there = lease.db_connection_string.replace(
      /@.*/,
      `@${new URL(other.db_connection_string).host}/postgres`,
    )
    await expect(database(there)).rejects.toMatchObject({ code: '28P01' })
    const answer = await fetch(`${other.supabase_url}/rest/v1/notes`, {
      headers: { apikey: other.supabase_anon_key, authorization: `Bearer ${lease.access_token}` },
    })
    expect(answer.status).toBe(401)
    await desk().call('siloDestroy', { silo_id: 'care-two' })
    await desk().call('siloForget', { silo_id: 'care-two' })
  })

  it('survives sleep and a killed daemon; one that was revoked in its sleep does not wake', async () => {
    const kept = await desk().call('siloLease', { silo_id })
    const gone = await desk().call('siloLease', { silo_id })
    await desk().call('siloStop', { silo_id })
    await desk().call('siloLeaseRevoke', { silo_id, lease: gone.lease })
    const asleep = await desk().call('siloLease', { silo_id })
    await hangar.kill()
    await hangar.up()
    await expect(database(gone.db_connection_string)).rejects.toMatchObject({ code: '28P01' })
    for (const lease of [kept, asleep]) {
      const reader = await database(lease.db_connection_string)
      expect((await reader.query('select count(*)::int as n from notes')).rows).toEqual([{ n: 30 }])
    }
  })
})

describe('kill -9 while a lease', () => {
  const roles = () =>
    sql(`select rolname from pg_roles where rolname like 'hangar\\_lease\\_%' and rolcanlogin order by 1`)
  const active = async () =>
    (await desk().call('siloLeases', { silo_id }))
      .filter(({ state }) => state !== 'ended')
      .map(({ role }) => ({ rolname: role }))
      .sort((a, b) => (a.rolname < b.rolname ? -1 : 1))

  it.each([0, 10, 25])(
    'is granted and another revoked (after %d ms): the cluster has what is written down',
    async ms => {
      const { lease } = await desk().call('siloLease', { silo_id })
      const under = Promise.allSettled([
        desk().call('siloLease', { silo_id }),
        desk().call('siloLeaseRevoke', { silo_id, lease }),
      ])
      await new Promise(resolve => setTimeout(resolve, ms))
      await hangar.kill()
      const [granted] = await under
      await hangar.up()
      expect(await roles()).toEqual(await active())
      if (granted.status === 'fulfilled') await database(granted.value.db_connection_string)
      for (const { lease: id } of await desk().call('siloLeases', { silo_id }))
        await desk().call('siloLeaseRevoke', { silo_id, lease: id })
      expect(await roles()).toEqual([])
    },
  )
})

it('the command line does it too', async () => {
  const lease = await hangar.json('silo', 'lease', silo_id, '--minutes', '5', '--purpose', 'by hand')
  expect(lease).toMatchObject({ access: 'read-only', purpose: 'by hand', state: 'active' })
  expect((await hangar.run('silo', 'leases', silo_id)).stdout).toContain(lease.lease)
  expect((await hangar.run('silo', 'revoke', silo_id, lease.lease)).stdout).toContain('is over')
  expect((await hangar.run('silo', 'rls', silo_id)).stdout).toMatch(/Mode\s+production/)
  const refused = await hangar.run('silo', 'rls', silo_id, 'disabled')
  expect([refused.code, refused.stderr]).toEqual([expect.any(Number), expect.stringContaining('--confirm')])
  expect(refused.code).not.toBe(0)
  expect((await hangar.run('regions')).stdout).toMatch(/yul.*no: yyz/)
  expect((await hangar.run('silo', 'destroyed')).stdout).toContain('No destroyed silo is kept')
})

describe('the mode of row-level security', () => {
  const anonCount = async () => {
    const { supabase_url, supabase_anon_key } = await connection()
    const { data } = await supabaseClient(supabase_url, supabase_anon_key).from('notes').select('id')
    return data?.length
  }

  it('is switched over the desk and shown in the status; disabled needs the name and ends with the stop', async () => {
    expect(await desk().call('siloRlsSet', { silo_id, mode: 'production' })).toMatchObject({
      mode: 'production',
      safe: true,
      without_policy: ['public.notes'],
    })
    expect(await anonCount()).toBe(0)
    await expect(desk().call('siloRlsSet', { silo_id, mode: 'disabled' })).rejects.toMatchObject({
      code: 'HGR_SILO_CONFIRM',
    })
    expect(await anonCount()).toBe(0)
    expect(await desk().call('siloRlsSet', { silo_id, mode: 'disabled', confirm: silo_id })).toMatchObject({
      mode: 'disabled',
      safe: false,
    })
    expect(await anonCount()).toBe(30)
    expect(await desk().call('siloStatus', { silo_id })).toMatchObject({ rls_mode: 'disabled' })
    await desk().call('siloStop', { silo_id })
    expect(await desk().call('siloStatus', { silo_id })).toMatchObject({ rls_mode: 'production' })
    await desk().call('siloStart', { silo_id })
    expect(await anonCount()).toBe(0)
  })

  it('is production again after everything was killed', async () => {
    await desk().call('siloRlsSet', { silo_id, mode: 'disabled', confirm: silo_id })
    await hangar.kill()
    for (const pid of await processesOf(hangar.hangarHome)) process.kill(pid, 'SIGKILL')
    await hangar.up()
    expect(await anonCount()).toBe(0)
    expect(await desk().call('siloStatus', { silo_id })).toMatchObject({ rls_mode: 'production' })
  })
})

describe('the frontend', () => {
  it('is told once, by nothing else than a rotation again, and never the service key', async () => {
    const before = await connection()
    expect(await desk().call('siloFrontend', { silo_id, site_id: 'site-1' })).toMatchObject({
      key_version: 1,
    })
    expect(built).toEqual([
      {
        VITE_SUPABASE_URL: 'https://devenv-care-one-kong.fly.dev',
        VITE_SUPABASE_ANON_KEY: before.supabase_anon_key,
      },
    ])
    await expect(desk().call('siloFrontend', { silo_id, site_id: 'site-1' })).rejects.toMatchObject({
      code: 'HGR_SILO_FRONTEND_SET',
    })
    await desk().call('siloStop', { silo_id })
    await desk().call('siloStart', { silo_id })
    expect(built).toHaveLength(1)
  })
})

describe('a rotation', () => {
  it('kills the old keys, passwords and leases at once, and tells the frontend', async () => {
    const before = await connection()
    const lease = await desk().call('siloLease', { silo_id })
    await desk().call('siloRotate', { silo_id })
    const after = await connection()
    for (const field of [
      'supabase_anon_key',
      'supabase_service_role_key',
      'db_password',
      'jwt_secret',
    ] as const)
      expect(after[field]).not.toBe(before[field])
    expect([after.supabase_url, new URL(after.db_connection_string).host]).toEqual([
      before.supabase_url,
      new URL(before.db_connection_string).host,
    ])
    await expect(database(before.db_connection_string)).rejects.toMatchObject({ code: '28P01' })
    await expect(database(lease.db_connection_string)).rejects.toMatchObject({ code: '28P01' })
    expect(await ask(after, before.supabase_anon_key, before.supabase_anon_key)).toBe(401)
    expect(await ask(after, after.supabase_anon_key, before.supabase_service_role_key)).toBe(401)
    expect(await ask(after, before.supabase_publishable_key, before.supabase_publishable_key)).toBe(401)
    expect(await ask(after, after.supabase_service_role_key, after.supabase_service_role_key)).toBe(200)
    expect(await sql('select count(*)::int as n from notes')).toEqual([{ n: 30 }])
    expect(built.at(-1)).toEqual({
      VITE_SUPABASE_URL: 'https://devenv-care-one-kong.fly.dev',
      VITE_SUPABASE_ANON_KEY: after.supabase_anon_key,
    })
    expect(JSON.stringify(built)).not.toContain(after.supabase_service_role_key)
    expect(await desk().call('siloStatus', { silo_id })).toMatchObject({ key_version: 2, phase: 'running' })
  })

  it('of a sleeping silo leaves it asleep, and holds though Netlify does not answer', async () => {
    netlifyFails = true
    await desk().call('siloStop', { silo_id })
    const before = await connection()
    await desk().call('siloRotate', { silo_id })
    expect(await desk().call('siloStatus', { silo_id })).toMatchObject({ key_version: 3, phase: 'stopped' })
    const after = await connection()
    await expect(database(before.db_connection_string)).rejects.toMatchObject({ code: '28P01' })
    expect(await ask(after, after.supabase_anon_key, after.supabase_service_role_key)).toBe(200)
    netlifyFails = false
  })

  it.each(['end leases done', 'stop done', 'set secrets done', 'keep keys begun'])(
    'killed at "%s" is whole',
    async moment => {
      const before = await connection()
      await killDuring(
        onProgress => desk().call('siloRotate', { silo_id }, { onProgress }),
        ({ step, state }) => `${step} ${state}` === moment,
      )
      await hangar.up()
      const after = await connection()
      // Finished by the next start: old keys are dead, new ones work.
      expect(after.db_password).not.toBe(before.db_password)
      await expect(database(before.db_connection_string)).rejects.toMatchObject({ code: '28P01' })
      expect(await sql('select count(*)::int as n from notes')).toEqual([{ n: 30 }])
      expect(await ask(after, after.supabase_anon_key, after.supabase_service_role_key)).toBe(200)
      expect(await ask(after, after.supabase_anon_key, before.supabase_service_role_key)).toBe(401)
    },
  )
})

describe('a move', () => {
  it('takes data and names along, with a warning for a region that Fly gave up', async () => {
    const before = await connection()
    const moved = await desk().call('siloMove', { silo_id, region: 'yul' })
    expect(moved).toMatchObject({ region: 'yul', region_on_fly: 'yyz', phase: 'running' })
    expect(moved.warning).toMatch(/no longer has yul/)
    expect(await connection()).toEqual(before)
    expect(await sql('select count(*)::int as n from notes')).toEqual([{ n: 30 }])
    expect(await desk().call('siloStatus', { silo_id })).toMatchObject({
      region: 'yul',
      region_on_fly: 'yyz',
    })
    const machines = await desk().call('machineList', {})
    expect(machines.map(({ region }) => region)).toEqual(Array(6).fill('yul'))
    await expect(desk().call('siloMove', { silo_id, region: 'yul' })).rejects.toMatchObject({ status: 409 })
    await expect(desk().call('siloMove', { silo_id, region: 'sea', strict: true })).rejects.toMatchObject({
      code: 'HGR_REGION_GONE',
    })
    await expect(desk().call('siloMove', { silo_id, region: 'zzz' })).rejects.toMatchObject({
      code: 'HGR_REGION_UNKNOWN',
    })
  })

  it.each(['copy data begun', 'move pg begun', 'move pg done', 'note region begun', 'start begun'])(
    'killed at "%s" is whole',
    async moment => {
      const { region } = await desk().call('siloStatus', { silo_id })
      const target = region === 'ams' ? 'iad' : 'ams'
      await sql(`update notes set text = '${moment}'`)
      await killDuring(
        onProgress => desk().call('siloMove', { silo_id, region: target }, { onProgress }),
        ({ step, state }) => `${step} ${state}` === moment,
      )
      await hangar.up()
      expect(await desk().call('siloStatus', { silo_id })).toMatchObject({ region: target, phase: 'running' })
      expect(await sql('select distinct text from notes')).toEqual([{ text: moment }])
      expect(await desk().call('machineList', {})).toHaveLength(6)
    },
  )
})

describe('a destroyed silo', () => {
  it('comes back with data, names and keys', async () => {
    const before = await connection()
    const lease = await desk().call('siloLease', { silo_id })
    await desk().call('siloDestroy', { silo_id })
    expect(await desk().call('appList', {})).toEqual([])
    expect(await desk().call('siloDestroyed', {})).toMatchObject([
      { alias: silo_id, parts_with_data: ['pg', 'storage'] },
    ])
    await expect(connection()).rejects.toMatchObject({ status: 404 })
    await desk().call('siloRestore', { silo_id })
    const after = await connection()
    for (const field of [
      'supabase_anon_key',
      'supabase_service_role_key',
      'db_password',
      'jwt_secret',
    ] as const)
      expect(after[field]).toBe(before[field])
    expect(await sql('select count(*)::int as n from notes')).toEqual([{ n: 30 }])
    expect(await desk().call('siloDestroyed', {})).toEqual([])
    // Its leases ended with it.
    const there = lease.db_connection_string.replace(
      /@.*/,
      `@${new URL(after.db_connection_string).host}/postgres`,
    )
    await expect(database(there)).rejects.toMatchObject({ code: '28P01' })
  })

  it('does not come back in the place of another that took its name', async () => {
    await desk().call('siloDestroy', { silo_id })
    await desk().call('siloCreate', { client: 'care', app: 'one' })
    await expect(desk().call('siloRestore', { silo_id })).rejects.toMatchObject({ code: 'HGR_SILO_EXISTS' })
    await desk().call('siloDestroy', { silo_id })
    // The latest of that name is the empty one; without it, the one before.
    await desk().call('siloForget', { silo_id })
    await desk().call('siloRestore', { silo_id })
    expect(await sql('select count(*)::int as n from notes')).toEqual([{ n: 30 }])
  })

  it.each(['destroy studio begun', 'destroy pg begun', 'delete apps begun'])(
    'killed at "%s" is destroyed, and can be brought back',
    async moment => {
      await sql(`update notes set text = '${moment}'`)
      await killDuring(
        onProgress => desk().call('siloDestroy', { silo_id }, { onProgress }),
        ({ step, state }) => `${step} ${state}` === moment,
      )
      await hangar.up()
      expect(await desk().call('siloList', {})).toEqual([])
      await desk().call('siloRestore', { silo_id })
      expect(await sql('select distinct text from notes')).toEqual([{ text: moment }])
    },
  )

  it.each(['set secrets done', 'bring back data begun', 'deploy pg begun', 'deploy studio done'])(
    'killed at "%s" on its way back, is back',
    async moment => {
      await sql(`update notes set text = '${moment}'`)
      await desk().call('siloDestroy', { silo_id })
      await killDuring(
        onProgress => desk().call('siloRestore', { silo_id }, { onProgress }),
        ({ step, state }) => `${step} ${state}` === moment,
      )
      await hangar.up()
      expect(await sql('select distinct text from notes')).toEqual([{ text: moment }])
      expect(await desk().call('siloDestroyed', {})).toEqual([])
    },
  )
})

/** Status of a request for the table, with that apikey and that token. */
async function ask({ supabase_url }: SiloConnection, apikey: string, token: string): Promise<number> {
  const answer = await fetch(`${supabase_url}/rest/v1/notes?select=id&limit=1`, {
    headers: { apikey, authorization: `Bearer ${token}` },
  })
  return answer.status
}

/** Does it, and kills the daemon as soon as `when` says so. Resolves when the daemon is gone. */
async function killDuring(
  operation: (onProgress: (progress: Progress) => void) => Promise<unknown>,
  when: (progress: Progress) => boolean,
): Promise<void> {
  let killed: Promise<void> | undefined
  await operation(progress => {
    if (when(progress)) killed ??= hangar.kill()
  }).catch(() => {})
  await (killed ?? hangar.kill())
}
