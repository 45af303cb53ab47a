import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RestTest, type RunningService, startRest } from './testing/rest.ts'

let rest: RestTest
let service: RunningService
let admin: Server
let adminUrl: string

beforeAll(async () => {
  rest = await startRest(
    `create table wholes (id int primary key);
     create table parts (whole int references wholes);
     create table many as select n from generate_series(1, 20) n;
     alter role anon set statement_timeout = '7s';
     create domain "Text/Page" as text;
     create function page() returns "Text/Page" language sql stable as $$ select 'hi'::"Text/Page" $$;
     create function timeout() returns text language sql stable as $$ select current_setting('statement_timeout') $$;`,
  )
  service = await rest.serve({
    PGRST_ADMIN_SERVER_PORT: '1',
    PGRST_ADMIN_SERVER_CONFIG_ENABLED: 'true',
    PGRST_SERVER_TIMING_ENABLED: 'true',
    PGRST_SERVER_TRACE_HEADER: 'X-Request-Id',
    PGRST_SERVER_CORS_ALLOWED_ORIGINS: 'http://a.b, http://c.d',
  })
  const handler = service.instance.others?.get(1)
  if (!handler) throw new Error('there is no admin port')
  admin = createServer(handler)
  await new Promise<void>(resolve => admin.listen(0, '127.0.0.1', resolve))
  adminUrl = `http://127.0.0.1:${(admin.address() as AddressInfo).port}`
})
afterAll(async () => {
  admin?.close()
  admin?.closeAllConnections()
  await rest?.stop()
})

const anonymous = { authorization: '' }

describe('settings of the login role', () => {
  it('go before the variables, and are read again when that is told', async () => {
    const owner = await rest.postgres.client()
    expect((await service.ask('/many')).json()).toHaveLength(20)
    await owner.query(`alter role authenticator set pgrst.db_max_rows = '5'; notify pgrst, 'reload config'`)
    await expect.poll(async () => (await service.ask('/many')).json().length).toBe(5)
    await owner.query(`alter role authenticator reset pgrst.db_max_rows; notify pgrst, 'reload config'`)
    await expect.poll(async () => (await service.ask('/many')).json().length).toBe(20)
  })
})

describe('what is not ASCII', () => {
  const bytesOf = (text: string) => Buffer.from(text).toString('latin1')

  it('chooses a schema, and is named in the answer', async () => {
    await rest.admin.query(`
      create schema "مخطط";
      create table "مخطط"."موارد" ("شماره" int primary key);
      insert into "مخطط"."موارد" values (1);
      grant usage on schema "مخطط" to service_role;
      grant all on all tables in schema "مخطط" to service_role`)
    const wide = await rest.serve({ PGRST_DB_SCHEMAS: 'public,مخطط' })
    const reply = await wide.ask(`/${encodeURIComponent('موارد')}`, {
      headers: { 'accept-profile': bytesOf('مخطط') },
    })
    expect(reply.json()).toEqual([{ شماره: 1 }])
    expect(reply.headers.get('content-profile')).toBe(bytesOf('مخطط'))
    expect(reply.headers.get('content-location')).toBe(bytesOf('/موارد'))
    await wide.close()
  })

  it('reaches functions as it was sent, in headers and in cookies', async () => {
    await rest.admin.query(`
      create function sent() returns text language sql stable as $$
        select current_setting('request.headers')::json ->> 'x-own' || ' ' || (current_setting('request.cookies')::json ->> 'own') $$`)
    const headers = { 'x-own': bytesOf('žluť'), cookie: `own=${bytesOf('kůň')}` }
    expect((await service.ask('/rpc/sent', { headers })).json()).toBe('žluť kůň')
  })
})

describe('settings of the caller’s role', () => {
  it('hold for its requests', async () => {
    expect((await service.ask('/rpc/timeout', { headers: anonymous })).json()).toBe('7s')
  })

  it('hold where only a superuser may set them, once the login was granted to', async () => {
    const owner = await rest.postgres.client()
    await owner.query(`
      create function logged() returns text language sql stable as $$ select current_setting('log_min_duration_statement') $$;
      alter role anon set log_min_duration_statement = '77s'`)
    const logged = async () => (await service.ask('/rpc/logged', { headers: anonymous })).json()
    expect(await logged()).not.toBe('77s')
    await owner.query(
      `grant set on parameter log_min_duration_statement to authenticator; notify pgrst, 'reload config'`,
    )
    await expect.poll(logged, { timeout: 10_000 }).toBe('77s')
  })
})

describe('the admin port', () => {
  it('says whether the service lives and is ready', async () => {
    expect((await fetch(`${adminUrl}/live`)).status).toBe(200)
    expect((await fetch(`${adminUrl}/ready`)).status).toBe(200)
    expect((await fetch(`${adminUrl}/nothing`)).status).toBe(404)
  })

  it('shows figures, settings and what is known of the schema', async () => {
    const metrics = await (await fetch(`${adminUrl}/metrics`)).text()
    expect(metrics).toMatch(/^pgrst_db_pool_max 10\.0$/m)
    expect(metrics).toMatch(/^pgrst_schema_cache_loads_total\{status="FAIL"\} 0\.0$/m)
    expect(metrics).toMatch(/^pgrst_schema_cache_query_time_seconds \d+\.\d+(e-\d)?$/m)
    expect(await (await fetch(`${adminUrl}/config`)).text()).toContain('db-schemas = "public,storage"')
    const known = (await (await fetch(`${adminUrl}/schema_cache`)).json()) as Record<string, unknown[]>
    expect(Object.keys(known).sort()).toEqual([
      'dbMediaHandlers',
      'dbRelationships',
      'dbRepresentations',
      'dbRoutines',
      'dbTables',
      'dbTimezones',
    ])
    expect(known['dbTimezones']).toContain('America/Los_Angeles')
    expect(known['dbMediaHandlers']).toContainEqual([
      [{ tag: 'RelAnyElement' }, { tag: 'MTAny' }],
      [{ tag: 'BuiltinOvAggJson' }, { tag: 'MTApplicationJSON' }],
    ])
    const page = { contents: { qiName: 'page', qiSchema: 'public' }, tag: 'RelId' }
    const html = { qiName: 'Text/Page', qiSchema: 'public' }
    expect(known['dbMediaHandlers']).toContainEqual([
      [page, { contents: 'text/page', tag: 'MTOther' }],
      [
        { contents: [html, page], tag: 'CustomFunc' },
        { contents: 'Text/Page', tag: 'MTOther' },
      ],
    ])
    expect(known['dbTables']).toContainEqual([
      { qiName: 'many', qiSchema: 'public' },
      expect.objectContaining({ tableName: 'many', tablePKCols: [], tableInsertable: true }),
    ])
    expect(known['dbRelationships']).toContainEqual([
      [{ qiName: 'parts', qiSchema: 'public' }, 'public'],
      [
        {
          relCardinality: { relColumns: [['whole', 'id']], relCons: 'parts_whole_fkey', tag: 'M2O' },
          relFTableIsView: false,
          relForeignTable: { qiName: 'wholes', qiSchema: 'public' },
          relIsSelf: false,
          relTable: { qiName: 'parts', qiSchema: 'public' },
          relTableIsView: false,
          tag: 'Relationship',
        },
      ],
    ])
    expect(known['dbRoutines']).toContainEqual([
      { qiName: 'timeout', qiSchema: 'public' },
      [
        expect.objectContaining({
          pdReturnType: {
            contents: { contents: { qiName: 'text', qiSchema: 'pg_catalog' }, tag: 'Scalar' },
            tag: 'Single',
          },
          pdVolatility: 'Stable',
        }),
      ],
    ])
  })
})

describe('an answer', () => {
  it('says how long its stages took, when that is asked for', async () => {
    const reply = await service.ask('/many')
    expect(reply.headers.get('server-timing')).toMatch(
      /^jwt;dur=[\d.]+, parse;dur=[\d.]+, plan;dur=[\d.]+, transaction;dur=[\d.]+, response;dur=[\d.]+$/,
    )
  })

  it('says so of OPTIONS too: a function is planned, a table is looked up', async () => {
    const stages = async (path: string) => {
      const reply = await service.ask(path, { method: 'OPTIONS' })
      return reply.headers.get('server-timing')?.replaceAll(/;dur=[\d.]+/g, '')
    }
    expect(await stages('/many')).toBe('jwt, parse, response')
    expect(await stages('/rpc/timeout')).toBe('jwt, parse, plan, response')
  })

  it('carries the header that traces it', async () => {
    const reply = await service.ask('/many', { headers: { 'x-request-id': 'abc' } })
    expect(reply.headers.get('x-request-id')).toBe('abc')
  })

  it('is open to the origins that are allowed, and to no other', async () => {
    const from = async (origin: string) =>
      (await service.ask('/many', { headers: { origin } })).headers.get('access-control-allow-origin')
    expect([await from('http://a.b'), await from('http://x.y')]).toEqual(['http://a.b', null])
  })
})

describe('without its database', () => {
  it('the service lives, is not ready, and says when to come again', async () => {
    await rest.postgres.stop()
    const impatient = await rest.serve({ PGRST_DB_POOL_ACQUISITION_TIMEOUT: '0' })
    const reply = await impatient.ask('/many')
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '1'])
    expect(reply.json()).toMatchObject({ code: 'PGRST002' })
    expect((await fetch(`${adminUrl}/live`)).status).toBe(200)
    expect((await fetch(`${adminUrl}/ready`)).status).toBe(503)
  })
})
