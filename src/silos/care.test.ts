import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLog } from '#kernel'
import { openStore, type Store } from '#store'
import { startTestEngine, type TestEngine } from '../engine/testing/index.ts'
import type { FrontendHost } from './care-ports.ts'
import { createSiloTemplates, SiloManager } from './index.ts'
import { emptyAttic, memoryDatabases } from './testing/index.ts'

const stack = fileURLToPath(new URL('../../stacks/devenv/', import.meta.url))
const hour = 3_600_000
const silo = 'acme-erp'

let folder: string
let world: TestEngine
let store: Store
let silos: SiloManager
let databases: ReturnType<typeof memoryDatabases>
let attic: string[]
let published: { url: string; anonKey: string }[]
let frontends: FrontendHost

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hangar-care-'))
  world = await startTestEngine()
  store = openStore({ path: join(folder, 'state.db'), keyPath: join(folder, 'state.key') })
  databases = memoryDatabases()
  attic = []
  published = []
  frontends = { publish: async (_site, values) => void published.push(values) }
  silos = manager()
  await silos.create({ client: 'acme', app: 'erp' })
  await silos.care.start()
})
afterEach(async () => {
  silos.halt()
  store.close()
  await world.stop()
  rmSync(folder, { recursive: true, force: true })
})

function manager(): SiloManager {
  const { engine, clock } = world
  return new SiloManager({
    machines: engine,
    store: store.silos,
    doors: { activity: () => undefined, door: app => `${app}:1` },
    templates: createSiloTemplates({
      directory: stack,
      door: app => `${app}.test:1`,
      gatewayUrl: app => `http://${app}.test`,
    }),
    clock,
    log: silentLog,
    stats: (app, id) => engine.stats(app, id),
    present: app => engine.view.present(app),
    care: {
      care: store.care,
      databases,
      attic: { ...emptyAttic, remove: async key => void attic.push(`removed ${key}`) },
      frontends: { publish: (site, values) => frontends.publish(site, values) },
    },
  })
}

const wish = {
  access: 'read-only',
  bypassRls: false,
  minutes: 10,
  statementTimeoutMs: 1000,
  rowLimit: 100,
  purpose: '',
  holder: 'agent-1',
  holderRole: 'dev-worker',
} as const
const id = () => silos.get(silo).silo_id
const machine = async () => (await world.engine.listMachines('devenv-acme-erp-pg'))[0]?.id ?? ''
const rolesInCluster = async () => (await databases.superviseLeases(await machine(), [])).roles
const keys = () => silos.connection(silo).supabase_anon_key
const told = async () =>
  (await world.engine.listSecrets('devenv-acme-erp-pg', { showValues: true })).find(
    ({ name }) => name === 'HANGAR_LEASES',
  )?.value

describe('leases', () => {
  it('end when their time is over, in the record, in the cluster, and for its next start', async () => {
    const { lease } = await silos.care.leases.grant(silo, wish)
    expect(await rolesInCluster()).toEqual([lease.role])
    expect(await told()).toContain(lease.role)
    await world.clock.advance(9 * 60_000)
    expect(silos.care.leases.get(id(), lease.id).state).toBe('active')
    await world.clock.advance(70_000)
    await expect
      .poll(() => silos.care.leases.get(id(), lease.id))
      .toMatchObject({
        state: 'ended',
        endReason: 'expired',
      })
    expect(await rolesInCluster()).toEqual([])
    expect(await told()).toBe('[]')
  })

  it('that a crash left half-granted end at the next start: nobody was told of them', async () => {
    const { lease } = await silos.care.leases.grant(silo, wish)
    store.care.saveLease({ ...lease, state: 'granting' })
    silos.halt()
    silos = manager()
    await silos.recover()
    expect(silos.care.leases.get(id(), lease.id)).toMatchObject({ state: 'ended', endReason: 'interrupted' })
    expect(await rolesInCluster()).toEqual([])
  })

  it('that could not be ended are not called ended, and it is tried again', async () => {
    const { lease } = await silos.care.leases.grant(silo, wish)
    const { applyLeases } = databases
    databases.applyLeases = () => Promise.reject(new Error('the database does not answer'))
    await expect(silos.care.leases.revoke(id(), lease.id, 'revoked')).rejects.toThrow(/does not answer/)
    expect(silos.care.leases.get(id(), lease.id).state).toBe('ending')
    databases.applyLeases = applyLeases
    await world.clock.advance(10_000)
    await expect.poll(() => silos.care.leases.get(id(), lease.id).state).toBe('ended')
  })

  it('that could not be made are nobody’s: the caller hears why', async () => {
    const { applyLeases } = databases
    let calls = 0
    databases.applyLeases = (target, leases) =>
      calls++ === 0 ? Promise.reject(new Error('too many roles')) : applyLeases(target, leases)
    await expect(silos.care.leases.grant(silo, wish)).rejects.toMatchObject({ code: 'HGR_SILO_LEASE_FAILED' })
    expect(silos.care.leases.list(id())).toMatchObject([
      { state: 'ended', endReason: 'could not be granted' },
    ])
    expect(await rolesInCluster()).toEqual([])
  })

  it('that an old start brought back are taken out again', async () => {
    const { lease } = await silos.care.leases.grant(silo, wish)
    await silos.care.leases.revoke(id(), lease.id, 'revoked')
    await databases.applyLeases(await machine(), [{ ...lease, connections: 1 }])
    await world.clock.advance(2000)
    await expect.poll(rolesInCluster).toEqual([])
  })

  it('are 50 at most in one silo, and rotation ends all of them', async () => {
    for (let i = 0; i < 50; i++) await silos.care.leases.grant(silo, wish)
    await expect(silos.care.leases.grant(silo, wish)).rejects.toMatchObject({ code: 'HGR_SILO_LEASES' })
    await silos.care.rotate(silo)
    expect(new Set(silos.care.leases.list(id()).map(({ state }) => state))).toEqual(new Set(['ended']))
  })
})

describe('a failing', () => {
  it('rotation is taken back: the silo runs with the keys that it had', async () => {
    const before = keys()
    const { setSecrets } = world.engine
    let calls = 0
    world.engine.setSecrets = (app, values) =>
      app.endsWith('-kong') && calls++ === 0
        ? Promise.reject(new Error('the disk is full'))
        : setSecrets.call(world.engine, app, values)
    await expect(silos.care.rotate(silo)).rejects.toThrow(/taken back: the disk is full/)
    expect(keys()).toBe(before)
    const kong = await world.engine.listSecrets('devenv-acme-erp-rest', { showValues: true })
    expect(kong.find(({ name }) => name === 'PGRST_JWT_SECRET')?.value).toBe(
      silos.connection(silo).jwt_secret,
    )
    expect(silos.get(silo).phase).toBe('running')
    world.engine.setSecrets = setSecrets
    await silos.care.rotate(silo)
    expect(keys()).not.toBe(before)
    expect(await silos.status(silo)).toMatchObject({ key_version: 2, phase: 'running', error: null })
  })

  it('move is taken back: the silo runs where it was, and nothing is left elsewhere', async () => {
    const { createMachine } = world.engine
    world.engine.createMachine = (app, input, caller) =>
      input.region === 'ams' && app.endsWith('-storage')
        ? Promise.reject(new Error('no capacity'))
        : createMachine.call(world.engine, app, input, caller)
    await expect(silos.care.move(silo, 'ams', false)).rejects.toThrow(/taken back: no capacity/)
    expect(silos.get(silo)).toMatchObject({ region: 'yul', phase: 'running' })
    for (const app of await world.engine.listApps()) {
      const regions = [
        ...(await world.engine.listMachines(app.name)).map(({ region }) => region),
        ...(await world.engine.listVolumes(app.name)).map(({ region }) => region),
      ]
      expect(new Set(regions)).toEqual(new Set(['yul']))
    }
    world.engine.createMachine = createMachine
    await silos.care.move(silo, 'ams', false)
    expect(silos.get(silo)).toMatchObject({ region: 'ams', phase: 'running', error: null })
  })

  it('restore leaves the destroyed silo as it was: it can be tried again', async () => {
    await silos.destroy(silo)
    const { createMachine } = world.engine
    world.engine.createMachine = (app, input, caller) =>
      app.endsWith('-kong')
        ? Promise.reject(new Error('no capacity'))
        : createMachine.call(world.engine, app, input, caller)
    await expect(silos.care.restore(silo)).rejects.toThrow(/no capacity/)
    expect(silos.list()).toEqual([])
    expect(await world.engine.listApps()).toEqual([])
    expect(silos.care.graves.list()).toHaveLength(1)
    world.engine.createMachine = createMachine
    await silos.care.restore(silo)
    expect(silos.get(silo).phase).toBe('running')
    expect(silos.care.graves.list()).toEqual([])
  })
})

describe('a destroyed silo', () => {
  it('whose volumes cannot be listed is not taken for one without: nothing of it is deleted before they can', async () => {
    const { listVolumes } = world.engine
    world.engine.listVolumes = () => Promise.reject(new Error('the disk does not answer'))
    await expect(silos.destroy(silo)).rejects.toThrow(/the disk does not answer/)
    world.engine.listVolumes = listVolumes
    expect(await world.engine.listVolumes(`devenv-${silo}-pg`)).toHaveLength(1)
    await silos.destroy(silo)
    expect(silos.care.graves.list()).toMatchObject([{ volumes: { pg: ['postgres_data'] } }])
    expect(await world.engine.listApps()).toEqual([])
  })

  it('is kept for 48 hours and not longer', async () => {
    await silos.destroy(silo)
    const [grave] = silos.care.graves.list()
    await world.clock.advance(47 * hour)
    expect(silos.care.graves.list()).toHaveLength(1)
    expect(attic).toEqual([])
    await world.clock.advance(hour + 61_000)
    await expect.poll(() => attic).toEqual([`removed ${grave?.key}`])
    expect(silos.care.graves.list()).toEqual([])
    await expect(silos.care.restore(silo)).rejects.toMatchObject({ code: 'HGR_SILO_NO_GRAVE' })
    expect(store.care.graveSecrets(grave?.key ?? '')).toBeUndefined()
  })
})

describe('a frontend', () => {
  it('that could not be told of new keys is told later', async () => {
    await silos.care.frontends.link(silo, 'site-1', undefined)
    expect(published).toEqual([{ url: 'https://devenv-acme-erp-kong.fly.dev', anonKey: keys() }])
    const works = frontends
    frontends = { publish: () => Promise.reject(new Error('Netlify is down')) }
    await silos.care.rotate(silo)
    expect(published).toHaveLength(1)
    frontends = works
    await world.clock.advance(61_000)
    await expect.poll(() => published.at(-1)?.anonKey).toBe(keys())
    expect(published).toHaveLength(2)
  })
})

it('a silo is made in the documented region, which Fly calls another name', async () => {
  expect(await silos.status(silo)).toMatchObject({ region: 'yul', region_on_fly: 'yyz' })
  await expect(silos.create({ client: 'acme', app: 'two', region: 'zzz' })).rejects.toMatchObject({
    code: 'HGR_REGION_UNKNOWN',
  })
})
