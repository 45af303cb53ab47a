import { existsSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startTestEngine, type TestEngine } from './testing/index.ts'

let world: TestEngine
beforeEach(async () => {
  world = await startTestEngine()
  await world.engine.createApp({ name: 'shop' })
})
afterEach(() => world.stop())

const config = { image: 'acme/shop:1', services: [{ internal_port: 8080, protocol: 'tcp' as const }] }
const launch = (more: object = {}) => world.engine.createMachine('shop', { config: { ...config, ...more } })
const reached = (id: string, ...states: string[]) =>
  world.engine.waitMachine('shop', id, { states, timeout: 60 })
const stateOf = async (id: string) => (await world.engine.getMachine('shop', id)).state

describe('a machine', () => {
  it('is created, started, stopped, started again and destroyed, and each change is an event', async () => {
    const { id } = await launch()
    await reached(id, 'started')
    await world.engine.stopMachine('shop', id)
    await reached(id, 'stopped')
    expect(await world.engine.startMachine('shop', id)).toEqual({ previousState: 'stopped' })
    await reached(id, 'started')
    const types = (await world.engine.listEvents('shop', id)).map(event => `${event.type} ${event.status}`)
    expect(types.slice(0, 3)).toEqual(['start started', 'start starting', 'exit stopped'])
    await expect(world.engine.destroyMachine('shop', id)).rejects.toMatchObject({ status: 412 })
    await world.engine.destroyMachine('shop', id, { force: true })
    expect(await world.engine.listMachines('shop')).toEqual([])
    await expect(world.engine.startMachine('shop', id)).rejects.toMatchObject({ status: 404 })
  })

  it('with skip_launch stays created', async () => {
    const { id } = await world.engine.createMachine('shop', { config, skipLaunch: true })
    await expect(stateOf(id)).resolves.toBe('created')
    expect(world.runtime.calls).toEqual([])
  })

  it('is frozen and thawed', async () => {
    const { id } = await launch()
    await reached(id, 'started')
    await world.engine.suspendMachine('shop', id)
    await reached(id, 'suspended')
    await world.engine.startMachine('shop', id)
    await reached(id, 'started')
    expect(world.runtime.calls).toEqual([`start ${id}`, `suspend ${id}`, `resume ${id}`])
  })

  it('is restarted with back-off when it fails, and left alone after a clean exit', async () => {
    const { id } = await launch({ restart: { policy: 'on-failure', max_retries: 3 } })
    await reached(id, 'started')
    world.runtime.exit(id, 1)
    await reached(id, 'stopped')
    while ((await stateOf(id)) !== 'started') {
      await world.clock.advance(1000)
      await new Promise(resolve => setImmediate(resolve))
    }
    world.runtime.exit(id, 0)
    await reached(id, 'stopped')
    await world.clock.advance(120_000)
    expect(await stateOf(id)).toBe('stopped')
  })

  it('destroys itself after its exit with auto_destroy', async () => {
    const { id } = await launch({ auto_destroy: true, restart: { policy: 'no' } })
    await reached(id, 'started')
    world.runtime.exit(id, 0)
    await expect.poll(() => world.engine.listMachines('shop')).toEqual([])
  })

  it('destroys itself with auto_destroy when it cannot start, too, and says why', async () => {
    world.runtime.failStart = new Error('no such program')
    const { id } = await launch({ auto_destroy: true, restart: { policy: 'no' } })
    await expect.poll(() => world.engine.listMachines('shop')).toEqual([])
    const { events } = await world.engine.getMachine('shop', id)
    expect(events.find(({ type }) => type === 'exit')?.request).toMatchObject({
      exit_event: { exit_code: 1 },
      error: expect.stringContaining('no such program'),
    })
  })

  it('tells with every exit how it ended, also when no further restart is tried', async () => {
    const { id } = await launch({ restart: { policy: 'on-failure', max_retries: 1 } })
    for (;;) {
      const state = await stateOf(id)
      if (state === 'failed') break
      if (state === 'started') world.runtime.exit(id, 1)
      await world.clock.advance(1000)
      await new Promise(resolve => setImmediate(resolve))
    }
    const exits = (await world.engine.listEvents('shop', id)).filter(({ type }) => type === 'exit')
    expect(exits.map(({ request }) => (request as { exit_event?: unknown }).exit_event)).toEqual(
      exits.map(() => expect.objectContaining({ exit_code: 1 })),
    )
    expect(exits.length).toBe(3)
  })

  it('gets secrets over env, Fly’s variables, and not before the secrets version that was asked for', async () => {
    const { version } = await world.engine.setSecrets('shop', { TOKEN: 'from-secret' })
    const { id } = await launch({ env: { TOKEN: 'from-env', PLAIN: 'yes' } })
    await reached(id, 'started')
    expect(world.runtime.running.get(id)?.spec.env).toMatchObject({
      TOKEN: 'from-secret',
      PLAIN: 'yes',
      FLY_APP_NAME: 'shop',
      FLY_MACHINE_ID: id,
      FLY_REGION: 'iad',
    })
    await expect(
      world.engine.createMachine('shop', { config, minSecretsVersion: version + 1 }),
    ).rejects.toMatchObject({ status: 412 })
  })

  it('can be looked at for an hour after it is destroyed, but not changed or waited for otherwise', async () => {
    const { id } = await launch()
    await reached(id, 'started')
    await world.engine.destroyMachine('shop', id, { force: true })
    const gone = await world.engine.getMachine('shop', id)
    expect(gone).toMatchObject({ state: 'destroyed', events: expect.any(Array) })
    expect(gone.events.map(({ type }) => type)).toContain('start')
    const reached404 = { status: 404 }
    expect(await world.engine.waitMachine('shop', id, { states: ['destroyed'] })).toMatchObject({
      state: 'destroyed',
    })
    await expect(world.engine.waitMachine('shop', id, { states: ['started'] })).rejects.toMatchObject(
      reached404,
    )
    const all = await world.engine.listMachines('shop', { includeDeleted: true })
    expect(all.map(one => one.id)).toEqual([id])
    await world.clock.advance(3_600_000)
    await expect(world.engine.getMachine('shop', id)).rejects.toMatchObject(reached404)
  })

  it('that a signal ended has the exit code that a shell would give', async () => {
    const { id } = await launch({ restart: { policy: 'no' } })
    await reached(id, 'started')
    world.runtime.exit(id, 'SIGKILL')
    await reached(id, 'stopped')
    const exit = (await world.engine.listEvents('shop', id)).find(({ type }) => type === 'exit')
    expect(exit?.request).toMatchObject({ exit_event: { exit_code: 137 } })
  })

  it('refuses whoever does not hold its lease', async () => {
    const { id } = await launch()
    await reached(id, 'started')
    const lease = await world.engine.acquireLease('shop', id, { ttlSeconds: 30 })
    await expect(world.engine.stopMachine('shop', id)).rejects.toMatchObject({ status: 409 })
    await world.engine.stopMachine('shop', id, {}, { nonce: lease.nonce })
    await reached(id, 'stopped')
    await world.clock.advance(31_000)
    await world.engine.startMachine('shop', id)
    await reached(id, 'started')
  })

  it('becomes a new version with an update; the old one can be read', async () => {
    const { id, instance_id: first } = await launch()
    await reached(id, 'started')
    const updated = await world.engine.updateMachine('shop', id, { config: { ...config, env: { A: '2' } } })
    expect(updated.instance_id).not.toBe(first)
    await reached(id, 'started')
    const versions = await world.engine.listVersions('shop', id)
    expect(versions.map(({ version }) => version)).toEqual([updated.instance_id, first])
    expect(world.runtime.running.get(id)?.spec.env['A']).toBe('2')
  })

  it('that cannot start says why in an event and is not running', async () => {
    world.runtime.failStart = new Error('no such program')
    const { id } = await launch({ restart: { policy: 'no' } })
    await expect
      .poll(async () => JSON.stringify(await world.engine.listEvents('shop', id)))
      .toContain('no such program')
    expect(await stateOf(id)).not.toBe('started')
  })
})

describe('after a crash of the engine', () => {
  /** Crashes come while a machine is being stopped. The returned function ends what the crash has cut. */
  function holdStops(): () => void {
    let fail = (_: Error) => {}
    world.runtime.holdStop = new Promise((_, reject) => {
      fail = reject
    })
    return () => fail(new Error('its daemon is gone'))
  }

  it('what runs is adopted, not started twice', async () => {
    const { id } = await launch()
    await reached(id, 'started')
    const after = await world.crash()
    expect((await after.engine.getMachine('shop', id)).state).toBe('started')
    expect(after.runtime.calls.filter(call => call.startsWith('start'))).toHaveLength(1)
  })

  it('what died meanwhile is started again', async () => {
    const { id } = await launch()
    await reached(id, 'started')
    world.runtime.running.clear()
    const after = await world.crash()
    expect((await after.engine.getMachine('shop', id)).state).toBe('started')
    expect(after.runtime.running.has(id)).toBe(true)
  })

  it('an update that was under way is finished, and what ran before it runs no more', async () => {
    const { id } = await launch()
    await reached(id, 'started')
    const end = holdStops()
    void world.engine.updateMachine('shop', id, { config: { image: 'shop:2' } })
    await reached(id, 'replacing')
    world.runtime.holdStop = undefined
    const after = await world.crash()
    expect((await after.engine.getMachine('shop', id)).state).toBe('started')
    end()
    expect(after.runtime.running.get(id)?.spec.config.image).toBe('shop:2')
  })

  it('a restart that was under way ends with a start, a stop does not', async () => {
    const { id } = await launch()
    for (const [call, state] of [
      ['restartMachine', 'started'],
      ['stopMachine', 'stopped'],
    ] as const) {
      await reached(id, 'started')
      const end = holdStops()
      await world.engine[call]('shop', id)
      world.runtime.holdStop = undefined
      world = await world.crash()
      end()
      expect((await world.engine.getMachine('shop', id)).state).toBe(state)
    }
  })

  it('a restart that was cut between its halves ends with a start, too', async () => {
    const { id } = await launch()
    await reached(id, 'started')
    await world.engine.stopMachine('shop', id)
    await reached(id, 'stopped')
    const [record] = world.store.machines()
    if (record) world.store.saveMachine({ ...record, relaunch: true })
    const after = await world.crash()
    expect((await after.engine.getMachine('shop', id)).state).toBe('started')
  })

  it('an update of what did not run leaves it so', async () => {
    const { id } = await launch()
    await reached(id, 'started')
    const end = holdStops()
    void world.engine.updateMachine('shop', id, { config: { image: 'shop:2' }, skipLaunch: true })
    await reached(id, 'replacing')
    world.runtime.holdStop = undefined
    const after = await world.crash()
    end()
    expect((await after.engine.getMachine('shop', id)).state).toMatch(/created|stopped/)
  })

  it('what runs is adopted although a secret of its launch is gone, and destroyed whole', async () => {
    await world.engine.setSecrets('shop', { CERT: Buffer.from('a certificate').toString('base64') })
    const { id } = await launch({ files: [{ guest_path: '/cert.pem', secret_name: 'CERT' }] })
    await reached(id, 'started')
    const folder = world.runtime.running.get(id)?.spec.directory ?? ''
    await world.engine.setSecrets('shop', { CERT: null })
    const after = await world.crash()
    expect((await after.engine.getMachine('shop', id)).state).toBe('started')
    expect(existsSync(folder)).toBe(true)
    await after.engine.destroyMachine('shop', id, { force: true })
    expect([after.runtime.running.size, existsSync(folder)]).toEqual([0, false])
  })

  it('a start that was under way is finished, and nothing runs that nobody owns', async () => {
    let release = () => {}
    world.runtime.holdStart = new Promise(resolve => {
      release = resolve
    })
    const { id } = await launch()
    await reached(id, 'starting')
    world.runtime.holdStart = undefined
    const after = await world.crash()
    expect((await after.engine.getMachine('shop', id)).state).toBe('started')
    release()
    expect(after.runtime.running.size).toBe(1)
  })
})

describe('names and sizes', () => {
  it.each([
    ['an app name', () => world.engine.createApp({ name: 'Not valid!' })],
    ['an unknown image', () => world.engine.createMachine('shop', { config: { image: 'unknown/thing' } })],
    ['a taken app name', () => world.engine.createApp({ name: 'shop' })],
  ])('%s is refused with a sentence', async (_what, call) => {
    await expect(call()).rejects.toMatchObject({ kind: 'user' })
  })
})
