import { expect, it } from 'vitest'
import { FakeClock } from '#kernel'
import { contextOf } from './context.ts'
import { IdleBook } from './idle-book.ts'
import { newRecord } from './new-record.ts'
import type { AppActivity, SiloRecord } from './ports.ts'
import { statusOf } from './status.ts'

const record: SiloRecord = {
  ...newRecord({ client: 'acme', app: 'erp', studio: false }, 0),
  operation: null,
  lastStartedAt: 0,
}

function world() {
  const clock = new FakeClock()
  const machine = { id: 'm1', state: 'started' }
  const seen = { machine, activity: undefined as AppActivity | undefined }
  let cpuPercent = 1
  let stats = { cpuPercent, memoryBytes: 0, uptimeSeconds: 0, estimated: false }
  const sources = {
    clock,
    idle: new IdleBook(clock),
    present: () => [seen.machine],
    doors: { activity: () => seen.activity, door: () => '' },
    stats: () => stats,
  }
  const measure = () => {
    cpuPercent++
    stats = { ...stats, cpuPercent }
  }
  return { clock, seen, sources, measure }
}

it('a status is the very same document while nothing changes, and another as soon as something does', async () => {
  const { clock, seen, sources, measure } = world()
  const first = await statusOf(record, sources)
  expect(await statusOf(record, sources)).toBe(first)
  expect(() => Object.assign(first.services['postgres'] ?? {}, { status: 'x' })).toThrow(TypeError)

  measure()
  expect((await statusOf(record, sources)).services['postgres']?.cpu_percent).toBe(2)
  await clock.advance(1000)
  expect((await statusOf(record, sources)).inactivity_seconds).toBe(1)
  seen.activity = { at: clock.now(), usedMs: clock.monotonic(), open: 1, client: 'psql', door: 'postgres' }
  expect(await statusOf(record, sources)).toMatchObject({
    inactivity_seconds: 0,
    awake_because: { client: 'psql' },
  })
  seen.machine = { id: 'm1', state: 'stopped' }
  expect((await statusOf(record, sources)).phase).toBe('degraded')
  expect((await statusOf({ ...record, wanted: 'stopped' }, sources)).phase).toBe('stopped')
})

it('a context follows its machines and its connection record at once', () => {
  const { seen, sources } = world()
  const first = contextOf(record, sources, undefined)
  expect(contextOf(record, sources, undefined)).toBe(first)
  seen.machine = { id: 'm2', state: 'started' }
  expect(contextOf(record, sources, undefined).services['postgres']?.machine_id).toBe('m2')
  const connection = { db_password: 'x' } as never
  expect(contextOf(record, sources, connection).connection).toBe(connection)
  expect(contextOf(record, sources, undefined).connection).toBeUndefined()
})
