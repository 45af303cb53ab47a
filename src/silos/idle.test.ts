import { beforeEach, describe, expect, it } from 'vitest'
import { FakeClock, silentLog } from '#kernel'
import { createIdleWatch } from './idle.ts'
import { IdleBook } from './idle-book.ts'
import { appName } from './names.ts'
import { newRecord } from './new-record.ts'
import type { AppActivity, SiloRecord } from './ports.ts'

const minute = 60_000

describe('a silo', () => {
  let clock: FakeClock
  let activity: Map<string, AppActivity>
  let slept: string[]
  let record: SiloRecord

  beforeEach(() => {
    clock = new FakeClock()
    activity = new Map()
    slept = []
    record = {
      ...newRecord({ client: 'acme', app: 'erp' }, clock.now()),
      operation: null,
      lastStartedAt: clock.now(),
    }
  })

  function watch(changes: Partial<SiloRecord> = {}) {
    record = { ...record, ...changes }
    const idle = createIdleWatch({
      idle: new IdleBook(clock),
      clock,
      log: silentLog,
      doors: { activity: app => activity.get(app), door: () => '' },
      records: () => [record],
      sleep: async silo => {
        slept.push(silo.alias)
        record = { ...record, wanted: 'stopped' }
      },
    })
    idle.start()
    return idle
  }
  const used = (open = 0) =>
    activity.set(appName(record, 'kong'), {
      at: clock.now(),
      usedMs: clock.monotonic(),
      open,
      client: '127.0.0.1',
      door: 'http',
    })

  it('sleeps when its idle minutes are over, counted from its last use at any door', async () => {
    watch()
    await clock.advance(29 * minute)
    used()
    await clock.advance(29 * minute)
    expect(slept).toEqual([])
    await clock.advance(2 * minute)
    expect(slept).toEqual(['acme-erp'])
  })

  it('does not sleep while a connection is open, however long nothing is said', async () => {
    watch()
    used(1)
    await clock.advance(300 * minute)
    expect(slept).toEqual([])
  })

  it('never sleeps with 0 minutes, and takes fractions', async () => {
    watch({ autoStopMinutes: 0 }).stop()
    await clock.advance(300 * minute)
    expect(slept).toEqual([])
    record = { ...record, lastStartedAt: clock.now() }
    watch({ autoStopMinutes: 0.05 })
    await clock.advance(5000)
    expect(slept).toEqual(['acme-erp'])
  })

  it('is left alone while something is done with it', async () => {
    watch({ operation: { kind: 'provision', startedAt: 0, journal: [] } })
    await clock.advance(300 * minute)
    expect(slept).toEqual([])
  })

  it.each([10, -10])('sleeps after its idle minutes although the clock jumps by %d hours', async hours => {
    watch()
    await clock.advance(20 * minute)
    used()
    await clock.advance(10 * minute)
    clock.jump(hours * 60 * minute)
    await clock.advance(19 * minute)
    expect(slept).toEqual([])
    // Use after the jump counts, also when the clock shows an earlier time than at its start.
    used()
    await clock.advance(29 * minute)
    expect(slept).toEqual([])
    await clock.advance(2 * minute)
    expect(slept).toEqual(['acme-erp'])
  })

  it('counts from the first look after a restart of the daemon, not from a start of days ago', async () => {
    watch({ lastStartedAt: clock.now() - 3 * 24 * 60 * minute })
    await clock.advance(29 * minute)
    expect(slept).toEqual([])
    await clock.advance(2 * minute)
    expect(slept).toEqual(['acme-erp'])
  })
})
