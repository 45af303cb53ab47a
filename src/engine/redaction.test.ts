import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startTestEngine, type TestEngine } from './testing/index.ts'

const value = 'v4lue-nobody-may-see'
let world: TestEngine
beforeEach(async () => {
  world = await startTestEngine()
  await world.engine.createApp({ name: 'web' })
  await world.engine.setSecrets('web', { KEY: value })
})
afterEach(() => world.stop())

async function machine(): Promise<string> {
  const { id } = await world.engine.createMachine('web', { config: { image: 'hangar/process' } })
  await world.engine.waitMachine('web', id, { states: ['started'] })
  return id
}

describe('secrets in what machines say', () => {
  it('are taken out of the output of exec, unless they are asked for', async () => {
    const id = await machine()
    const command = ['echo', `KEY=${value}`]
    expect((await world.engine.execMachine('web', id, { command })).stdout).toBe('echo KEY=[redacted]\n')
    const shown = await world.engine.execMachine('web', id, { command, reveal: true })
    expect(shown.stdout).toBe(`echo KEY=${value}\n`)
  })

  it('are taken out of events', async () => {
    world.runtime.failStart = new Error(`cannot connect with ${value}`)
    const { id } = await world.engine.createMachine('web', { config: { image: 'hangar/process' } })
    await world.engine.waitMachine('web', id, { states: ['started', 'failed', 'stopped'] }).catch(() => {})
    const events = JSON.stringify(await world.engine.listEvents('web', id))
    expect(events).toContain('cannot connect with')
    expect(events).not.toContain(value)
  })

  it('are taken out of lines of its log, also those of a machine that this daemon never started', async () => {
    const id = await machine()
    expect(world.engine.view.withoutSecrets(id, `got ${value}`)).toBe('got [redacted]')
    const next = await world.crash()
    expect(next.engine.view.withoutSecrets(id, `got ${value}`)).toBe('got [redacted]')
    await next.stop()
  })

  it('stay known after they were changed, and go with the app', async () => {
    const id = await machine()
    await world.engine.setSecrets('web', { KEY: 'another-long-value' })
    expect(world.engine.view.withoutSecrets(id, `${value} another-long-value`)).toBe('[redacted] [redacted]')
    await world.engine.createApp({ name: 'other' })
    await world.engine.deleteApp('web', { force: true })
    expect(world.engine.view.withoutSecrets(id, value)).toBe(value)
  })
})
