import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RestTest, type RunningService, startRest } from './testing/rest.ts'

let rest: RestTest
let explaining: RunningService
const get = (path: string, accept: string, prefer = '') =>
  rest.first.ask(path, { headers: { accept, prefer } })

beforeAll(async () => {
  rest = await startRest(
    `create table cities (id int primary key, name text, mayor text);
     insert into cities values (1, 'A "q", b', null), (2, 'B', 'x');
     create table numbers as select n, n % 2 = 0 as even from generate_series(1, 100) n;
     analyze numbers;`,
  )
  explaining = await rest.serve({ PGRST_DB_PLAN_ENABLED: 'true', PGRST_DB_MAX_ROWS: '10' })
})
afterAll(() => rest.stop())

describe('an answer is written', () => {
  it.each([
    [
      'application/json',
      '[{"id":1,"mayor":null}, \n {"id":2,"mayor":"x"}]',
      'application/json; charset=utf-8',
    ],
    [
      'application/vnd.pgrst.array+json;nulls=stripped',
      '[{"id":1},{"id":2,"mayor":"x"}]',
      'application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8',
    ],
    ['text/csv', 'id,mayor\n1,\n2,x', 'text/csv; charset=utf-8'],
    ['image/png, text/csv;q=0.3, application/json;q=0.2', 'id,mayor\n1,\n2,x', 'text/csv; charset=utf-8'],
    [
      'text/html, */*;q=0.1',
      '[{"id":1,"mayor":null}, \n {"id":2,"mayor":"x"}]',
      'application/json; charset=utf-8',
    ],
  ])('as %s', async (accept, body, contentType) => {
    const reply = await get('/cities?select=id,mayor&order=id', accept)
    expect([reply.text, reply.headers.get('content-type')]).toEqual([body, contentType])
  })

  it('as one object', async () => {
    const one = await get('/cities?id=eq.1', 'application/vnd.pgrst.object+json;nulls=stripped')
    expect([one.json(), one.headers.get('content-type')]).toEqual([
      { id: 1, name: 'A "q", b' },
      'application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8',
    ])
    const none = await get('/cities?id=eq.9', 'application/vnd.pgrst.object+json')
    expect([none.status, none.json().details]).toEqual([406, 'The result contains 0 rows'])
  })

  it('in no way that is not known', async () => {
    const reply = await get('/cities', 'image/png, text/html')
    expect([reply.status, reply.json()]).toMatchObject([
      406,
      { code: 'PGRST107', message: 'None of these media types are available: image/png, text/html' },
    ])
  })

  it('without a body for HEAD', async () => {
    const reply = await rest.first.ask('/cities', { method: 'HEAD', headers: { prefer: 'count=exact' } })
    expect([reply.status, reply.text, reply.headers.get('content-range')]).toEqual([200, '', '0-1/2'])
  })
})

describe('the address of what was read', () => {
  it('has its parameters in order', async () => {
    const reply = await rest.first.ask('/cities?select=id&order=id&id=in.(1,2)')
    expect(reply.headers.get('content-location')).toBe('/cities?id=in.%281%2C2%29&order=id&select=id')
  })
})

describe('a plan', () => {
  it('is shown where that is allowed', async () => {
    const accept = 'application/vnd.pgrst.plan+json; for="application/json"; options=verbose|settings'
    const reply = await explaining.ask('/cities', { headers: { accept } })
    expect(reply.json()[0].Plan).toBeTruthy()
    expect(reply.headers.get('content-type')).toBe(
      'application/vnd.pgrst.plan+json; for="application/json"; options=verbose|settings; charset=utf-8',
    )
    const text = await explaining.ask('/cities', { headers: { accept: 'application/vnd.pgrst.plan' } })
    expect(text.text).toMatch(/cost=/)
    const change = await explaining.ask('/cities', {
      method: 'DELETE',
      headers: { accept, prefer: 'return=representation' },
    })
    expect(change.json()[0].Plan).toBeTruthy()
    expect((await get('/cities', 'text/csv')).text.split('\n')).toHaveLength(3)
    expect((await get('/cities', accept)).status).toBe(406)
  })
})

describe('counts', () => {
  it.each([
    ['exact', '0-99/100', 200],
    ['planned', '0-99/100', 200],
    ['estimated', '0-99/100', 200],
  ])('%s', async (kind, range, status) => {
    const reply = await get('/numbers', 'application/json', `count=${kind}`)
    expect([
      reply.status,
      reply.headers.get('content-range'),
      reply.headers.get('preference-applied'),
    ]).toEqual([status, range, `count=${kind}`])
  })

  it('are estimated only beyond what may be read', async () => {
    const ask = (path: string) => explaining.ask(path, { headers: { prefer: 'count=estimated' } })
    expect((await ask('/numbers?n=lte.7')).headers.get('content-range')).toBe('0-6/7')
    const many = await ask('/numbers')
    expect([many.status, many.headers.get('content-range')]).toEqual([206, '0-9/100'])
  })
})

describe('ranges', () => {
  it.each([
    ['0-1', '/numbers?order=n', 206, '0-1/100'],
    ['98-', '/numbers?order=n', 206, '98-99/100'],
    ['0-500', '/numbers?order=n', 200, '0-99/100'],
    ['0-9', '/numbers?order=n&limit=3&offset=5', 206, '5-7/100'],
    ['500-600', '/numbers', 416, '*/100'],
    ['5-1', '/numbers', 416, null],
  ])('%s of %s', async (range, path, status, expected) => {
    const reply = await rest.first.ask(path, { headers: { range, prefer: 'count=exact' } })
    expect([reply.status, reply.headers.get('content-range')]).toEqual([status, expected])
    if (status === 416) expect(reply.json().code).toBe('PGRST103')
  })

  it('may be empty', async () => {
    const reply = await rest.first.ask('/numbers?limit=0')
    expect([reply.status, reply.json(), reply.headers.get('content-range')]).toEqual([200, [], '*/*'])
    expect((await rest.first.ask('/numbers?limit=-1')).status).toBe(416)
  })
})

describe('filters', () => {
  it.each([
    ['n=eq.5', [5]],
    ['n=not.lt.99&order=n', [99, 100]],
    ['n=in.(1,2)&order=n', [1, 2]],
    ['n=in.()', []],
    ['n=eq(any).{1,2}&order=n', [1, 2]],
    ['n=gt(all).{98,99}', [100]],
    ['even=is.true&n=lt.5&order=n', [2, 4]],
    ['n=isdistinct.1&n=lt.3', [2]],
    ['or=(n.eq.1,and(n.gt.98,even.is.true))&order=n', [1, 100]],
    ['not.or=(n.gt.2,n.lt.1)&order=n', [1, 2]],
    ['and=(n.in.(1,2,3),not.or(n.eq.1,n.eq.2))', [3]],
    ['or=(n.not.gt.1,n.eq.50)&order=n', [1, 50]],
  ])('%s', async (filter, expected) => {
    const found = (await rest.first.ask(`/numbers?select=n&${filter}`)).json()
    expect(found.map?.((one: { n: number }) => one.n) ?? found).toEqual(expected)
  })

  it.each([
    ['name=eq.A "q", b', [1]],
    ['name=in.("A \\"q\\", b",B)', [1, 2]],
    ['or=(name.eq."A \\"q\\", b",mayor.eq.x)', [1, 2]],
    ['name=like(any).{A*,Z*}', [1]],
    ['name=ilike.b', [2]],
    ['name=match.^A', [1]],
    ['name=imatch.^b$', [2]],
    ['mayor=not.is.null', [2]],
  ])('of texts: %s', async (filter, expected) => {
    const [key, ...text] = filter.split('=')
    const found = (
      await rest.first.ask(`/cities?select=id&order=id&${key}=${encodeURIComponent(text.join('='))}`)
    ).json()
    expect(found.map?.((one: { id: number }) => one.id) ?? found).toEqual(expected)
  })

  it.each([
    [
      'n=5',
      '"failed to parse filter (5)" (line 1, column 1)',
      'unexpected "5" expecting "not" or operator (eq, gt, ...)',
    ],
    [
      'n=is.5',
      '"failed to parse filter (is.5)" (line 1, column 4)',
      'unexpected "5" expecting null or trilean value (unknown, true, false)',
    ],
    [
      'or=(n.eq.1',
      '"failed to parse logic tree ((n.eq.1)" (line 1, column 10)',
      'unexpected end of input expecting "," or ")"',
    ],
    [
      'select=n(',
      '"failed to parse select parameter (n()" (line 1, column 3)',
      'unexpected end of input expecting "...", field name (* or [a..z0..9_$]), "*", "count()" or ")"',
    ],
    [
      'order=n.up',
      '"failed to parse order (n.up)" (line 1, column 3)',
      'unexpected "u" expecting "asc", "desc", "nullsfirst" or "nullslast"',
    ],
  ])('that cannot be read are refused: %s', async (query, message, details) => {
    const reply = await rest.first.ask(`/numbers?${query}`)
    expect([reply.status, reply.json()]).toEqual([400, { code: 'PGRST100', message, details, hint: null }])
  })
})
