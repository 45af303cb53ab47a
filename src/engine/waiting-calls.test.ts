import { expect, it } from 'vitest'
import { startTestEngine } from './testing/index.ts'
import { waitingCalls } from './waiting-calls.ts'

it('tells of what it wrote without waiting only when that is on disk, and waits for nothing where nothing was written so', async () => {
  const { engine, stop } = await startTestEngine()
  const owed: (() => void)[] = []
  const calls = waitingCalls(engine, () => new Promise(resolve => owed.push(resolve)))
  const waits = async (call: Promise<unknown>) => {
    let over = false
    const done = call.then(() => (over = true))
    while (owed.length === 0 && !over) await new Promise(resolve => setImmediate(resolve))
    const waited = !over
    owed.shift()?.()
    await done
    return waited
  }
  const made = calls.createApp({ name: 'shop' })
  expect(await waits(made)).toBe(true)
  expect(await made).toMatchObject({ name: 'shop' })
  expect(await waits(calls.setSecrets('shop', { A: '1' }))).toBe(true)
  const machine = calls.createMachine('shop', { config: { image: 'acme/shop:1' } })
  expect(await waits(machine)).toBe(true)
  const { id } = await machine
  await calls.waitMachine('shop', id, { states: ['started'], timeout: 10 })
  expect(await waits(calls.stopMachine('shop', id))).toBe(true)
  expect(await waits(calls.getMachine('shop', id))).toBe(false)
  expect(await waits(calls.destroyMachine('shop', id, { force: true }))).toBe(false)
  await stop()
})
