import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decideRestart } from './restart-policy.ts'
import { startTestEngine, type TestEngine } from './testing/index.ts'

// The wall clock is set forwards or back by hours; what the engine does must not depend on it.

const hours = 60 * 60_000
let world: TestEngine
beforeEach(async () => {
  world = await startTestEngine()
  await world.engine.createApp({ name: 'shop' })
})
afterEach(() => world.stop())

async function started(): Promise<string> {
  const { id } = await world.engine.createMachine('shop', { config: { image: 'acme/shop:1' } })
  await world.engine.waitMachine('shop', id, { states: ['started'], timeout: 60 })
  return id
}

describe.each([10, -10])('a clock that jumps by %d hours', jump => {
  it('neither takes a lease from its holder nor keeps it longer', async () => {
    const id = await started()
    await world.engine.acquireLease('shop', id, { ttlSeconds: 30 })
    world.clock.jump(jump * hours)
    await world.clock.advance(29_000)
    await expect(world.engine.stopMachine('shop', id)).rejects.toMatchObject({ status: 409 })
    await world.clock.advance(2_000)
    await world.engine.stopMachine('shop', id)
  })

  it('keeps events and versions in order, also over a restart', async () => {
    const id = await started()
    world.clock.jump(jump * hours)
    const after = await world.crash()
    const before = (await after.engine.getMachine('shop', id)).instance_id
    await after.engine.stopMachine('shop', id)
    await after.engine.waitMachine('shop', id, { states: ['stopped'], timeout: 60 })
    const ids = (await after.engine.listEvents('shop', id)).map(event => event.id)
    expect(ids).toEqual(ids.toSorted().reverse())
    const updated = await after.engine.updateMachine('shop', id, {
      config: { image: 'acme/shop:1', env: { A: '1' } },
      skipLaunch: true,
    })
    expect(updated.instance_id > before).toBe(true)
  })

  it('does not keep back-off and give-up of before', () => {
    const exit = { exitCode: 1, signal: null, oomKilled: false, at: 0 }
    const now = world.clock.now()
    const failures = Array.from({ length: 10 }, (_, i) => now - i * 1000)
    const config = { restart: { policy: 'on-failure', max_retries: 10 } } as const
    expect(decideRestart(config, exit, failures, now)).toEqual({ restart: false, gaveUp: true })
    expect(decideRestart(config, exit, failures, now + jump * hours)).toEqual({
      restart: true,
      delayMs: 0,
      count: 1,
    })
  })
})

it('a lease of before a restart ends at the latest after its whole time, when the clock was set back', async () => {
  const id = await started()
  await world.engine.acquireLease('shop', id, { ttlSeconds: 30 })
  world.clock.jump(-10 * hours)
  const after = await world.crash()
  await expect(after.engine.stopMachine('shop', id)).rejects.toMatchObject({ status: 409 })
  await world.clock.advance(31_000)
  await after.engine.stopMachine('shop', id)
})
