import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RestTest, startRest } from './testing/rest.ts'

const tables = 300
let rest: RestTest
beforeAll(async () => {
  rest = await startRest(`
    do $$ begin for n in 1..${tables} loop
      execute format('create table t%s (id int primary key, parent int references t%s, a text, b date, c jsonb)', n, greatest(1, n - 1));
    end loop; end $$;`)
})
afterAll(() => rest.stop())

describe('many tables', () => {
  it('are known after one reading, with what connects them', async () => {
    const reply = await rest.first.ask(`/t${tables}?select=id,t${tables - 1}(id,t${tables - 2}(id))`)
    expect([reply.status, reply.json()]).toEqual([200, []])
  })

  it('are read again without a request being lost', async () => {
    let over = false
    const statuses = new Map<number, number>()
    const asking = Array.from({ length: 4 }, async (_, own) => {
      for (let count = 0; !over || count < 5; count++) {
        const { status } = await rest.first.ask(`/t${1 + ((own + count) % tables)}?select=id&id=gt.${count}`)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
    })
    for (let round = 0; round < 5; round++) {
      await rest.admin.query(`create table new${round} (id int); notify pgrst, 'reload schema'`)
      expect((await rest.first.ask(`/new${round}?select=id`)).status).toBe(200)
    }
    over = true
    await Promise.all(asking)
    expect([...statuses.keys()]).toEqual([200])
  })
})
