import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RestTest, startRest, token } from './testing/rest.ts'

let rest: RestTest
beforeAll(async () => {
  rest = await startRest(
    `create table numbers as select n from generate_series(1, 20) n;
     create view slow as select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b;
     alter role authenticated set statement_timeout = '0'`,
    { PGRST_DB_MAX_ROWS: '10' },
  )
})
afterAll(() => rest.stop())

const as = (claims: object) => ({ authorization: `Bearer ${token({ role: 'authenticated', ...claims })}` })
const rows = async (claims: object) =>
  (await rest.first.ask('/numbers', { headers: as(claims) })).json().length

it('a token may bring its holder fewer rows, never more', async () => {
  expect([await rows({}), await rows({ max_rows: 3 }), await rows({ max_rows: 15 })]).toEqual([10, 3, 10])
  expect([await rows({ max_rows: 0 }), await rows({ max_rows: '3' })]).toEqual([10, 10])
})

it('a token’s time is kept, whatever the role says of itself', async () => {
  const reply = await rest.first.ask('/slow', { headers: as({ statement_timeout_ms: 100 }) })
  expect(reply.json()).toMatchObject({ code: '57014' })
})
