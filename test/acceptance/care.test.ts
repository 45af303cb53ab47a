import { describe, expect, it } from 'vitest'
import type { GrantedLease } from '#contract'
import { careWorld, silo_id } from '../support/care.ts'
import { processesOf } from '../support/hangar.ts'
import { supabaseClient } from '../support/supabase.ts'

// Leases and modes of row-level security, against a running Hangar.

const world = careWorld()
const { desk, connection, database, sql } = world

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
    await world.hangar.kill()
    await world.hangar.up()
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
      await world.hangar.kill()
      const [granted] = await under
      await world.hangar.up()
      expect(await roles()).toEqual(await active())
      if (granted.status === 'fulfilled') await database(granted.value.db_connection_string)
      for (const { lease: id } of await desk().call('siloLeases', { silo_id }))
        await desk().call('siloLeaseRevoke', { silo_id, lease: id })
      expect(await roles()).toEqual([])
    },
  )
})

it('the command line does it too', async () => {
  const lease = await world.hangar.json('silo', 'lease', silo_id, '--minutes', '5', '--purpose', 'by hand')
  expect(lease).toMatchObject({ access: 'read-only', purpose: 'by hand', state: 'active' })
  expect((await world.hangar.run('silo', 'leases', silo_id)).stdout).toContain(lease.lease)
  expect((await world.hangar.run('silo', 'revoke', silo_id, lease.lease)).stdout).toContain('is over')
  expect((await world.hangar.run('silo', 'rls', silo_id)).stdout).toMatch(/Mode\s+production/)
  const refused = await world.hangar.run('silo', 'rls', silo_id, 'disabled')
  expect([refused.code, refused.stderr]).toEqual([expect.any(Number), expect.stringContaining('--confirm')])
  expect(refused.code).not.toBe(0)
  expect((await world.hangar.run('regions')).stdout).toMatch(/yul.*no: yyz/)
  expect((await world.hangar.run('silo', 'destroyed')).stdout).toContain('No destroyed silo is kept')
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
    await world.hangar.kill()
    for (const pid of await processesOf(world.hangar.hangarHome)) process.kill(pid, 'SIGKILL')
    await world.hangar.up()
    expect(await anonCount()).toBe(0)
    expect(await desk().call('siloStatus', { silo_id })).toMatchObject({ rls_mode: 'production' })
  })
})
