import { afterEach, beforeEach, expect, it } from 'vitest'
import { startTestEngine, type TestEngine } from './testing/index.ts'

// The store refuses to write, as it does when the disk is full.

let world: TestEngine
let full = false
beforeEach(async () => {
  world = await startTestEngine()
  full = false
  const { store } = world
  for (const name of ['saveMachine', 'appendEvent', 'deleteMachine', 'saveVersion'] as const) {
    const write = store[name] as (...args: unknown[]) => void
    store[name] = (...args: unknown[]) => {
      if (full) throw new Error('the disk is full')
      write(...args)
    }
  }
  await world.engine.createApp({ name: 'shop' })
})
afterEach(() => world.stop())

const config = { image: 'acme/shop:1' }
const reached = (id: string, ...states: string[]) =>
  world.engine.waitMachine('shop', id, { states, timeout: 60 })
const stateOf = async (id: string) => (await world.engine.getMachine('shop', id)).state
const stored = (id: string) => world.store.machines().find(record => record.id === id)

async function started(): Promise<string> {
  const { id } = await world.engine.createMachine('shop', { config })
  await reached(id, 'started')
  return id
}

it('what is asked for is refused and nothing of it is done or remembered', async () => {
  const id = await started()
  const before = await world.engine.getMachine('shop', id)
  full = true
  await expect(world.engine.stopMachine('shop', id)).rejects.toThrow('disk is full')
  await expect(world.engine.acquireLease('shop', id, {})).rejects.toThrow('disk is full')
  await expect(world.engine.updateMachine('shop', id, { config: { image: 'acme/shop:2' } })).rejects.toThrow(
    'disk is full',
  )
  await expect(world.engine.destroyMachine('shop', id, { force: true })).rejects.toThrow('disk is full')
  expect(await world.engine.getMachine('shop', id)).toEqual(before)
  expect(world.runtime.running.has(id)).toBe(true)
  full = false
  await world.engine.stopMachine('shop', id)
  await reached(id, 'stopped')
})

it('what has happened is true at once, and written as soon as there is room', async () => {
  const id = await started()
  full = true
  world.runtime.exit(id, 0)
  await reached(id, 'stopped')
  expect(stored(id)?.state).toBe('started')
  full = false
  await world.clock.advance(1_100)
  expect(stored(id)?.state).toBe('stopped')
})

it('a machine that failed meanwhile is started again when there is room', async () => {
  const id = await started()
  full = true
  world.runtime.exit(id, 1)
  await reached(id, 'stopped')
  await world.clock.advance(60_000)
  expect(await stateOf(id)).toBe('stopped')
  full = false
  await world.clock.advance(6_000)
  await reached(id, 'started')
})

it('a daemon that ends before there is room finds out what really runs', async () => {
  const id = await started()
  full = true
  world.runtime.exit(id, 0)
  await reached(id, 'stopped')
  const after = await world.crash()
  expect((await after.engine.getMachine('shop', id)).state).toBe('started')
  expect(after.runtime.running.has(id)).toBe(true)
})
