import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLog, systemClock } from '#kernel'
import { restService } from './service.ts'
import { type RestTest, startRest, token } from './testing/rest.ts'

let rest: RestTest
const bearer = (text: string) => ({ headers: { authorization: `Bearer ${text}` } })

beforeAll(async () => {
  rest = await startRest(`
    create table items (id int primary key);
    insert into items select generate_series(1, 30);
    create function whoami() returns json language sql stable as $$ select json_build_object('role', current_user, 'claims', current_setting('request.jwt.claims')::json) $$;
    create function gate() returns void language plpgsql as $$ begin
      if current_setting('request.headers')::json->>'x-block' = 'yes' then raise sqlstate 'PT403' using message = 'blocked'; end if; end $$;`)
})
afterAll(() => rest.stop())

describe('tokens', () => {
  it('may hold the role anywhere', async () => {
    const service = await rest.serve({ PGRST_JWT_ROLE_CLAIM_KEY: '.app."https://x/roles"[1]' })
    const reply = await service.ask(
      '/rpc/whoami',
      bearer(token({ app: { 'https://x/roles': ['a', 'authenticated'] } })),
    )
    expect(reply.json()).toMatchObject({ role: 'authenticated', claims: { role: 'authenticated' } })
    expect((await service.ask('/rpc/whoami', bearer(token({})))).json().role).toBe('anon')
  })

  it('must be for this audience when there is one', async () => {
    const service = await rest.serve({ PGRST_JWT_AUD: 'mine' })
    const status = async (claims: object) =>
      (await service.ask('/items', bearer(token({ role: 'service_role', ...claims })))).status
    expect(
      await Promise.all([
        status({ aud: 'mine' }),
        status({ aud: ['x', 'mine'] }),
        status({}),
        status({ aud: null }),
        status({ aud: 'other' }),
        status({ aud: [] }),
      ]),
    ).toEqual([200, 200, 200, 200, 401, 401])
    const anyone = bearer(token({ role: 'service_role', aud: [] }))
    expect((await rest.first.ask('/items', anyone)).status).toBe(401)
  })

  it('may be signed with a key of a set', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256' }
    const service = await rest.serve({ PGRST_JWT_SECRET: JSON.stringify({ keys: [jwk] }) })
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const text = `${part({ alg: 'ES256', kid: 'one' })}.${part({ role: 'service_role', exp: 4e9 })}`
    const signature = sign('sha256', Buffer.from(text), {
      key: privateKey,
      dsaEncoding: 'ieee-p1363',
    }).toString('base64url')
    expect((await service.ask('/rpc/whoami', bearer(`${text}.${signature}`))).json().role).toBe(
      'service_role',
    )
    const foreign = await service.ask('/rpc/whoami', bearer(token({ role: 'service_role' })))
    expect([foreign.status, foreign.json().code]).toEqual([401, 'PGRST301'])
  })

  it('are needed where nobody is anonymous', async () => {
    const service = await rest.serve({ PGRST_DB_ANON_ROLE: '' })
    const reply = await service.ask('/items', { headers: { authorization: '' } })
    expect([reply.status, reply.json().code, reply.headers.get('www-authenticate')]).toEqual([
      401,
      'PGRST302',
      'Bearer',
    ])
    const open = await rest.serve({ PGRST_JWT_SECRET: '' })
    expect((await open.ask('/items')).json()).toMatchObject({ code: 'PGRST300' })
  })

  it('that name an unknown role are refused', async () => {
    expect((await rest.first.ask('/items', bearer(token({ role: 'nobody' })))).status).toBe(400)
  })
})

describe('settings', () => {
  it('bound how many rows come', async () => {
    const service = await rest.serve({ PGRST_DB_MAX_ROWS: '10' })
    expect((await service.ask('/items')).json()).toHaveLength(10)
    expect((await service.ask('/items?limit=20')).json()).toHaveLength(10)
  })

  it("of the caller's role hold, as after a login", async () => {
    const admin = await rest.postgres.client()
    await admin.query(
      `create function public.patience() returns text language sql stable as $$ select current_setting('statement_timeout') $$`,
    )
    const patience = async (role: string) =>
      (await rest.first.ask('/rpc/patience', bearer(token({ role })))).json()
    expect([await patience('anon'), await patience('service_role')]).toEqual(['3s', '8s'])
    await admin.query(`alter role anon set statement_timeout = '50ms'`)
    await admin.query(
      `create function public.slow() returns text language sql stable as $$ select pg_sleep(20)::text $$`,
    )
    const slow = await rest.first.ask('/rpc/slow', bearer(token({ role: 'anon' })))
    expect([slow.status, slow.json().code]).toEqual([500, '57014'])
    expect(await patience('service_role')).toBe('8s')
  })

  it('run a function before each request', async () => {
    const service = await rest.serve({ PGRST_DB_PRE_REQUEST: 'public.gate' })
    expect((await service.ask('/items')).status).toBe(200)
    const blocked = await service.ask('/items', { headers: { 'x-block': 'yes' } })
    expect([blocked.status, blocked.json().message]).toEqual([403, 'blocked'])
  })

  it('run it before every description, whoever may see it', async () => {
    const open = await rest.serve({
      PGRST_DB_PRE_REQUEST: 'public.gate',
      PGRST_OPENAPI_MODE: 'ignore-privileges',
    })
    expect((await open.ask('/')).status).toBe(200)
    expect((await open.ask('/', { headers: { 'x-block': 'yes' } })).status).toBe(403)
    const nobody = { authorization: `Bearer ${token({ role: 'nobody' })}` }
    expect((await open.ask('/', { headers: nobody })).json()).toMatchObject({ code: '22023' })
  })

  it('say how transactions end', async () => {
    const trying = await rest.serve({ PGRST_DB_TX_END: 'rollback' })
    expect(
      (await trying.ask('/items', { method: 'POST', body: { id: 100 }, headers: { prefer: 'tx=commit' } }))
        .status,
    ).toBe(201)
    const fixed = await rest.serve({ PGRST_DB_TX_END: 'commit' })
    expect((await fixed.ask('/items?id=eq.100', { headers: { prefer: 'tx=rollback' } })).json()).toEqual([])
    const reply = await fixed.ask('/items', {
      method: 'POST',
      body: { id: 101 },
      headers: { prefer: 'tx=rollback' },
    })
    expect(reply.headers.get('preference-applied')).toBeNull()
    expect(
      (
        await fixed.ask('/items?id=eq.101', { method: 'DELETE', headers: { prefer: 'count=exact' } })
      ).headers.get('content-range'),
    ).toBe('*/1')
  })

  it.each([
    ['PGRST_DB_URI', ''],
    ['PGRST_JWT_SECRET', 'short'],
    ['PGRST_JWT_SECRET', '{"keys":'],
    ['PGRST_DB_POOL', 'many'],
    ['PGRST_DB_TX_END', 'maybe'],
    ['PGRST_JWT_ROLE_CLAIM_KEY', '.a['],
  ])('that are wrong are named: %s', async (name, wrong) => {
    await expect(rest.serve({ [name]: wrong })).rejects.toThrow(name)
  })
})

describe('over HTTP', () => {
  it('answers browsers of other origins', async () => {
    const preflight = await fetch(`${rest.first.url}/items`, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://a',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'X-Own',
      },
    })
    expect([
      preflight.status,
      preflight.headers.get('access-control-allow-origin'),
      preflight.headers.get('access-control-allow-headers'),
    ]).toMatchObject([200, '*', expect.stringContaining('X-Own')])
    expect(
      (await rest.first.ask('/items', { headers: { origin: 'http://a' } })).headers.get(
        'access-control-expose-headers',
      ),
    ).toContain('Content-Range')
    expect((await rest.first.ask('/items', { method: 'OPTIONS' })).headers.get('allow')).toBe(
      'OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE',
    )
  })

  it('names the schema that it answered for', async () => {
    expect((await rest.first.ask('/items')).headers.get('content-profile')).toBe('public')
    const hidden = await rest.first.ask('/items', { headers: { 'accept-profile': 'auth' } })
    expect([hidden.status, hidden.json()]).toMatchObject([
      406,
      { code: 'PGRST106', message: 'The schema must be one of the following: public, storage' },
    ])
  })

  it('has an admin port', async () => {
    const service = await rest.serve({ PGRST_ADMIN_SERVER_PORT: '3001' })
    const handler = service.instance.others?.get(3001)
    const server = createServer((request, response) => handler?.(request, response))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect(
      await Promise.all(['/live', '/ready', '/else'].map(async path => (await fetch(url + path)).status)),
    ).toEqual([200, 200, 404])
    server.closeAllConnections()
    server.close()
  })
})

describe('its database', () => {
  it('may break off idle connections and nobody sees it', async () => {
    const admin = await rest.postgres.client()
    for (const method of ['GET', 'POST', 'DELETE']) {
      await rest.first.ask('/items')
      const count = await admin.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'authenticator'`,
      )
      expect(count.rowCount).toBeGreaterThan(0)
      const path = method === 'DELETE' ? '/items?id=eq.500' : '/items'
      const reply = await rest.first.ask(path, {
        method,
        ...(method === 'POST' ? { body: { id: 500 } } : {}),
      })
      expect(reply.status).toBeLessThan(300)
    }
  })

  it('may be away when the service is made', async () => {
    const instance = await restService.create({
      env: { PGRST_DB_URI: `postgres://x:y@${encodeURIComponent('/nowhere/at/all')}:5432/postgres` },
      log: silentLog,
      clock: systemClock,
      cacheDirectory: tmpdir(),
    })
    await instance.close(0)
  })

  it('tells the log how much of it was read, and how quickly', async () => {
    const lines: string[] = []
    const log = { ...silentLog, info: (_fields: object, line: string) => lines.push(line) }
    const cacheDirectory = await mkdtemp(join(tmpdir(), 'hangar-rest-log-'))
    const env = { PGRST_DB_URI: rest.postgres.url('authenticator'), PGRST_DB_SCHEMAS: 'public' }
    const instance = await restService.create({ env, log, clock: systemClock, cacheDirectory })
    try {
      await expect.poll(() => lines).toHaveLength(2)
      expect(lines[0]).toMatch(/^Schema cache queried in \d+\.\d milliseconds$/)
      expect(lines[1]).toMatch(
        /^Schema cache loaded \d+ Relations, \d+ Relationships, \d+ Functions, 0 Domain Representations, 4 Media Type Handlers$/,
      )
    } finally {
      await instance.close(0)
      await rm(cacheDirectory, { recursive: true, force: true })
    }
  })

  it('serves many at once', async () => {
    const replies = await Promise.all(
      Array.from({ length: 60 }, (_, index) => rest.first.ask(`/items?id=eq.${(index % 30) + 1}`)),
    )
    expect(replies.map(reply => reply.json()[0].id)).toEqual(
      Array.from({ length: 60 }, (_, index) => (index % 30) + 1),
    )
  })

  it('is not held by a service that closed', async () => {
    const service = await rest.serve({
      PGRST_DB_URI: `${rest.postgres.url('authenticator')}?application_name=closing`,
    })
    await service.ask('/items')
    await service.close()
    const admin = await rest.postgres.client()
    await expect
      .poll(
        async () =>
          (await admin.query(`select from pg_stat_activity where application_name = 'closing'`)).rowCount,
      )
      .toBe(0)
  })
})
