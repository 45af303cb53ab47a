import { readFileSync } from 'node:fs'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '#client'
import type { Progress, Silo, SiloConnection } from '#contract'
import { controlSocketOf, processesOf, startHangar, type TestHangar } from '../support/hangar.ts'

// The daemon is killed with -9 at every step of every long operation, and started again. What was acknowledged must be there, what was
// half-done finished or taken back, and never may two postmasters have one directory.

let hangar: TestHangar

beforeAll(async () => {
  hangar = await startHangar()
})
afterAll(async () => {
  const { home } = hangar
  await hangar.stop()
  expect(await processesOf(home)).toEqual([])
})

const desk = () => createClient(controlSocketOf(hangar.hangarHome))

/** Does it, and kills the daemon as soon as `when` says so. Resolves when the daemon is gone; true when the operation had ended before. */
async function killDuring(
  operation: (onProgress: (progress: Progress) => void) => Promise<unknown>,
  when: (progress: Progress) => boolean,
): Promise<boolean> {
  let killed: Promise<void> | undefined
  const ended = await operation(progress => {
    if (when(progress)) killed ??= hangar.kill()
  }).then(
    () => true,
    () => false,
  )
  await (killed ?? hangar.kill())
  return ended
}

/** Does it, and kills the daemon after so many milliseconds: for operations that have no steps to wait for. */
async function killAfter(operation: () => Promise<unknown>, ms: number): Promise<void> {
  const under = operation().catch(() => {})
  await new Promise(resolve => setTimeout(resolve, ms))
  await hangar.kill()
  await under
}

/** Data directories of running postmasters. */
async function postmasters(): Promise<string[]> {
  return (await processesOf(hangar.hangarHome)).flatMap(pid => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      const at = words.indexOf('-D')
      return at > 0 ? [words[at + 1] ?? ''] : []
    } catch {
      return []
    }
  })
}

/** What must hold after every restart. */
async function expectWhole(): Promise<Silo[]> {
  const silos = await desk().call('siloList', {})
  for (const silo of silos) expect(['running', 'stopped']).toContain(silo.phase)
  const apps = await desk().call('appList', {})
  expect(apps.length).toBe(silos.length * 6)
  const directories = await postmasters()
  expect(new Set(directories).size).toBe(directories.length)
  expect(directories.length).toBe(silos.filter(({ phase }) => phase === 'running').length)
  return silos
}

async function sql(connection: SiloConnection, text: string) {
  const database = new pg.Client({ connectionString: connection.db_connection_string })
  await database.connect()
  return (await database.query(text).finally(() => database.end())).rows
}

const steps = [
  'create apps',
  'set secrets',
  ...['pg', 'rest', 'auth', 'kong', 'storage', 'studio'].map(part => `deploy ${part}`),
]

describe('kill -9 while a silo is provisioned', () => {
  it.each(steps.flatMap(step => [`${step} begun`, `${step} done`]))('at "%s"', async moment => {
    const ended = await killDuring(
      onProgress => desk().call('siloCreate', { client: 'kill', app: 'one' }, { onProgress }),
      ({ step, state }) => `${step} ${state}` === moment,
    )
    await hangar.up()
    const silos = await expectWhole()
    if (ended) expect(silos).toHaveLength(1)
    for (const silo of silos) {
      // Finished: then it must work.
      const connection = await desk().call('siloConnection', { silo_id: silo.silo_id })
      expect(await sql(connection, 'select 1 as one')).toEqual([{ one: 1 }])
      await desk().call('siloDestroy', { silo_id: silo.silo_id })
    }
    expect(await desk().call('appList', {})).toEqual([])
  })
})

describe('kill -9 while a silo', () => {
  let connection: SiloConnection
  let written = 0

  beforeAll(async () => {
    await desk().call('siloCreate', { client: 'kill', app: 'two' })
    connection = await desk().call('siloConnection', { silo_id: 'kill-two' })
    await sql(connection, 'create table facts (n int)')
  })

  /** An acknowledged write, which every later look must find. */
  async function write() {
    written++
    await sql(connection, `insert into facts values (${written})`)
  }
  async function everythingIsThere() {
    expect(await sql(connection, 'select count(*)::int as n from facts')).toEqual([{ n: written }])
    expect(await desk().call('siloConnection', { silo_id: 'kill-two' })).toEqual(connection)
  }

  it.each([0, 3, 8, 15, 30, 60])('stops (after %d ms)', async ms => {
    await write()
    await killAfter(() => desk().call('siloStop', { silo_id: 'kill-two' }), ms)
    await hangar.up()
    await expectWhole()
    await everythingIsThere()
  })

  it.each([0, 3, 8, 15, 30, 60])('starts (after %d ms)', async ms => {
    await desk().call('siloStop', { silo_id: 'kill-two' })
    await killAfter(() => desk().call('siloStart', { silo_id: 'kill-two' }), ms)
    await hangar.up()
    await expectWhole()
    await everythingIsThere()
    await write()
  })

  it('is used: what was acknowledged is there', async () => {
    for (let i = 0; i < 5; i++) await write()
    await hangar.kill()
    await hangar.up()
    await everythingIsThere()
  })
})

describe('kill -9 while a silo is destroyed', () => {
  const moments = ['pg', 'rest', 'auth', 'kong', 'storage', 'studio'].map(part => `destroy ${part} begun`)
  it.each([...moments, 'delete apps begun'])('at "%s"', async moment => {
    const before = await desk().call('siloList', {})
    await desk().call('siloCreate', { client: 'kill', app: 'three' })
    await killDuring(
      onProgress => desk().call('siloDestroy', { silo_id: 'kill-three' }, { onProgress }),
      ({ step, state }) => `${step} ${state}` === moment,
    )
    await hangar.up()
    // Once begun, it is finished.
    expect((await expectWhole()).map(({ silo_id }) => silo_id)).toEqual(before.map(({ silo_id }) => silo_id))
  })
})
