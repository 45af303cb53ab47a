import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Clock, FakeClock, silentLog, systemClock } from '#kernel'
import { startTestPostgres, type TestPostgres } from '../../../../test/support/postgres.ts'
import { Presence } from '../presence.ts'
import { Database, type Work } from './database.ts'

let postgres: TestPostgres
const databases: Database[] = []
beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(async () => {
  await Promise.all(databases.map(database => database.close()))
  await postgres.stop()
})

function open(size: number, clock: Clock = systemClock): Database {
  const database = new Database({
    url: postgres.url('postgres'),
    size,
    channel: undefined,
    onNotify: () => {},
    clock,
    log: silentLog,
  })
  databases.push(database)
  return database
}

const reading = (text: string, values: string[] = [], more: Partial<Work> = {}): Work => ({
  scope: [],
  guarded: false,
  main: [{ text, values }],
  readOnly: true,
  isolation: undefined,
  rollback: false,
  ...more,
})
const echo = (text: string) => reading('select $1::text', [text])
const sleep = (seconds: number, presence?: Presence) =>
  reading('select pg_sleep($1::float)::text', [String(seconds)], presence ? { presence } : {})
const many = Array.from({ length: 300 }, (_, number) => String(number))
const reasonOf = (error: { code?: string; body?: { code: string } }) => error.code ?? error.body?.code
const backends = async () => {
  const client = await postgres.client()
  const { rows } = await client.query(
    `select pid, state, query from pg_stat_activity where application_name like 'PostgREST %'`,
  )
  await client.end()
  return rows as { pid: number; state: string; query: string }[]
}

describe('the database of the service', () => {
  it('gives each its own answer when many ask at once, on few connections', async () => {
    const database = open(3)
    await database.transact(echo('first'))
    const found = await Promise.all(many.map(text => database.transact(echo(text))))
    expect(found.map(([rows]) => rows?.[0]?.[0])).toEqual(many)
    expect(database.figures).toMatchObject({ most: 3, waiting: 0 })
    expect(database.figures.free).toBe(database.figures.open)
  })

  it('lets one that fails take nothing from those that are under way with it', async () => {
    const database = open(1)
    const divide = (by: string) => reading('select (1 / $1::int)::text', [by])
    for (const by of ['1', '1', '1']) await database.transact(divide(by))
    const found = await Promise.allSettled(
      many.map(text => database.transact(divide(text === '0' ? '0' : '1'))),
    )
    const failed = found.filter(({ status }) => status === 'rejected')
    expect(failed).toHaveLength(1)
    expect(found[0]).toMatchObject({
      status: 'rejected',
      reason: { code: '22012', message: 'division by zero' },
    })
  })

  it('does again what relied on a statement that the server no longer has', async () => {
    const database = open(1)
    for (const text of ['a', 'b', 'c']) await database.transact(echo(text))
    const gone = reading('deallocate all', [], { readOnly: false })
    const all = [database.transact(gone), ...many.slice(0, 10).map(text => database.transact(echo(text)))]
    const found = await Promise.all(all)
    expect(found.slice(1).map(([rows]) => rows?.[0]?.[0])).toEqual(many.slice(0, 10))
  })

  it('lets nobody wait behind work that takes long', async () => {
    const database = open(2)
    for (const text of ['a', 'b', 'c']) await database.transact(echo(text))
    const presence = new Presence()
    const slow = database.transact(sleep(60, presence)).catch(reasonOf)
    await expect
      .poll(async () => (await backends()).some(({ query }) => query.includes('pg_sleep')))
      .toBe(true)
    const found = await Promise.all(many.map(text => database.transact(echo(text))))
    expect(found).toHaveLength(many.length)
    presence.leave()
    expect(await slow).toBe('57014')
  })

  it('stops one that was left, and not those behind it', async () => {
    const database = open(1)
    for (let round = 0; round < 5; round++) await database.transact(sleep(0))
    const presence = new Presence()
    const left = database.transact(sleep(60, presence)).catch(reasonOf)
    const others = Array.from({ length: 5 }, () => database.transact(sleep(0)))
    const leftBehind = new Presence()
    const behind = database.transact(sleep(60, leftBehind)).catch(reasonOf)
    const last = database.transact(sleep(0))
    await expect.poll(async () => (await backends()).some(({ state }) => state === 'active')).toBe(true)
    presence.leave()
    leftBehind.leave()
    expect(await left).toBe('57014')
    expect(await behind).toMatch(/57014|PGRSTX01/)
    expect(await Promise.all([...others, last])).toHaveLength(6)
  })

  it('does again what only reads when its connection is ended', async () => {
    const database = open(1)
    for (let round = 0; round < 5; round++) await database.transact(sleep(0))
    const all = [database.transact(sleep(0.5)), ...many.slice(0, 5).map(() => database.transact(sleep(0)))]
    const admin = await postgres.client()
    await expect
      .poll(async () => {
        const { rows } = await admin.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'`,
        )
        return rows.length
      })
      .toBeGreaterThan(0)
    expect(await Promise.all(all)).toHaveLength(6)
  })

  it('says so when no connection becomes free in time', async () => {
    const clock = new FakeClock()
    const database = open(1, clock)
    const presence = new Presence()
    const slow = database.transact(sleep(60, presence)).catch(() => 'stopped')
    await expect.poll(() => database.figures.open).toBe(1)
    const late = database.transact(echo('late')).catch(error => [error.status, reasonOf(error)])
    expect(database.figures.waiting).toBe(1)
    await clock.advance(10_000)
    expect(await late).toEqual([504, 'PGRST003'])
    presence.leave()
    expect(await slow).toBe('stopped')
  })
})
