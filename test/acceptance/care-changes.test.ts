import { describe, expect, it } from 'vitest'
import type { SiloConnection } from '#contract'
import { careWorld, silo_id } from '../support/care.ts'

// Rotation, moves, restoring and frontends, against a running Hangar.

const world = careWorld()
const { desk, connection, database, sql, killDuring } = world

describe('the frontend', () => {
  it('is told once, by nothing else than a rotation again, and never the service key', async () => {
    const before = await connection()
    expect(await desk().call('siloFrontend', { silo_id, site_id: 'site-1' })).toMatchObject({
      key_version: 1,
    })
    expect(world.netlify.built).toEqual([
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
    expect(world.netlify.built).toHaveLength(1)
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
    expect(world.netlify.built.at(-1)).toEqual({
      VITE_SUPABASE_URL: 'https://devenv-care-one-kong.fly.dev',
      VITE_SUPABASE_ANON_KEY: after.supabase_anon_key,
    })
    expect(JSON.stringify(world.netlify.built)).not.toContain(after.supabase_service_role_key)
    expect(await desk().call('siloStatus', { silo_id })).toMatchObject({ key_version: 2, phase: 'running' })
  })

  it('of a sleeping silo leaves it asleep, and holds though Netlify does not answer', async () => {
    world.netlify.fails = true
    await desk().call('siloStop', { silo_id })
    const before = await connection()
    await desk().call('siloRotate', { silo_id })
    expect(await desk().call('siloStatus', { silo_id })).toMatchObject({ key_version: 3, phase: 'stopped' })
    const after = await connection()
    await expect(database(before.db_connection_string)).rejects.toMatchObject({ code: '28P01' })
    expect(await ask(after, after.supabase_anon_key, after.supabase_service_role_key)).toBe(200)
    world.netlify.fails = false
  })

  it.each(['end leases done', 'stop done', 'set secrets done', 'keep keys begun'])(
    'killed at "%s" is whole',
    async moment => {
      const before = await connection()
      await killDuring(
        onProgress => desk().call('siloRotate', { silo_id }, { onProgress }),
        ({ step, state }) => `${step} ${state}` === moment,
      )
      await world.hangar.up()
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
      await world.hangar.up()
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
      await world.hangar.up()
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
      await world.hangar.up()
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
