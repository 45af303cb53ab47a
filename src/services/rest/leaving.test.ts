import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RestTest, startRest, token } from './testing/rest.ts'

let rest: RestTest
beforeAll(async () => {
  rest = await startRest(
    `create table marks (id int primary key);
     create function wait(seconds float) returns text language sql stable as $$ select pg_sleep(seconds)::text $$;
     create function mark(id int) returns void language sql as $$ insert into marks values (id); select pg_sleep(60) $$;
     alter role service_role set statement_timeout = '100s';
     grant execute on all functions in schema public to service_role;`,
    { PGRST_DB_POOL: '2' },
  )
})
afterAll(() => rest.stop())

const headers = { authorization: `Bearer ${token({ role: 'service_role' })}` }
const ask = (path: string, signal: AbortSignal, init: RequestInit = {}) =>
  fetch(rest.first.url + path, {
    signal,
    ...init,
    headers: { ...headers, 'content-type': 'application/json' },
  }).then(
    reply => reply.status,
    error => (error as Error).name,
  )
const sleeping = async () =>
  (
    await rest.admin.query(
      `select from pg_stat_activity where usename = 'authenticator' and wait_event = 'PgSleep'`,
    )
  ).rowCount

const connections = async () =>
  (await rest.admin.query(`select pid from pg_stat_activity where usename = 'authenticator' order by pid`))
    .rows

describe('a client that goes away', () => {
  it('cancels its query, and nothing of it stays', async () => {
    const leaving = new AbortController()
    const asked = [
      ask('/rpc/wait?seconds=60', leaving.signal),
      ask('/rpc/mark', leaving.signal, { method: 'POST', body: '{"id":1}' }),
    ]
    await expect.poll(sleeping).toBe(2)
    leaving.abort()
    expect(await Promise.all(asked)).toEqual(['AbortError', 'AbortError'])
    await expect.poll(sleeping).toBe(0)
    const { rowCount } = await rest.admin.query('select from marks')
    expect(rowCount).toBe(0)
  })

  it('does not disturb those who come after it, on the same few connections', async () => {
    await Promise.all([1, 2, 3, 4].map(() => rest.first.ask('/rpc/wait?seconds=0.01')))
    const before = await connections()
    expect(before).toHaveLength(2)
    for (let round = 0; round < 10; round++) {
      const leaving = new AbortController()
      const gone = [1, 2].map(() => ask('/rpc/wait?seconds=60', leaving.signal))
      await expect.poll(sleeping, { interval: 5 }).toBe(2)
      const waiting = Array.from({ length: 8 }, () => rest.first.ask('/rpc/wait?seconds=0.001'))
      leaving.abort()
      expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(Array(8).fill(200))
      await Promise.all(gone)
    }
    expect(await connections()).toEqual(before)
  })

  it('is not served at all when it leaves before its turn', async () => {
    const holding = new AbortController()
    const held = [1, 2].map(() => ask('/rpc/wait?seconds=60', holding.signal))
    await expect.poll(sleeping).toBe(2)
    const leaving = new AbortController()
    const asked = ask('/marks', leaving.signal, { method: 'DELETE' })
    await rest.admin.query('insert into marks values (7)')
    leaving.abort()
    await asked
    holding.abort()
    await Promise.all(held)
    await rest.first.ask('/rpc/wait?seconds=0')
    const { rows } = await rest.admin.query('select id from marks')
    expect(rows).toEqual([{ id: 7 }])
  })
})
