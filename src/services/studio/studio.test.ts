import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NodeInstance } from '#http'
import { silentLog, systemClock } from '#kernel'
import { startTestPostgres, type TestPostgres } from '../../../test/support/postgres.ts'
import { studioService } from './index.ts'

let postgres: TestPostgres
let service: NodeInstance
let server: Server
let url: string
const authorization = `Basic ${Buffer.from('supabase:open sesame').toString('base64')}`
const chromium = '/usr/bin/chromium'

beforeAll(async () => {
  postgres = await startTestPostgres()
  const client = await postgres.client('postgres')
  await client.query(`
    create table public.todos (id bigint generated always as identity primary key, title text not null, done boolean default false, details jsonb);
    insert into public.todos (title, details) select 'Todo number ' || i, jsonb_build_object('step', i, 'note', repeat('long ', 30)) from generate_series(1, 120) i;
    alter table public.todos enable row level security;
    create policy "everybody reads" on public.todos for select to anon using (true);
    comment on table public.todos is 'What is left to do';
    create table public.empty (id int);
    create table public."Odd ""name" ("a b" text);
  `)
  const admin = await postgres.client()
  await admin.query(`
    create table auth.users (id uuid primary key default gen_random_uuid(), email text, encrypted_password text, raw_app_meta_data jsonb, email_confirmed_at timestamptz, created_at timestamptz default now());
    insert into auth.users (email, encrypted_password, raw_app_meta_data, email_confirmed_at) values ('ada@example.com', 'hash', '{"provider":"email"}', now());
    grant select on auth.users to postgres;
  `)
  service = await studioService.create({
    env: {
      DATABASE_URL: postgres.url('postgres'),
      DASHBOARD_USERNAME: 'supabase',
      DASHBOARD_PASSWORD: 'open sesame',
      DEFAULT_PROJECT_NAME: 'acme-erp',
    },
    log: silentLog,
    clock: systemClock,
    cacheDirectory: '/nonexistent',
  })
  server = createServer((request, response) => service.handle(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(async () => {
  server?.closeAllConnections()
  server?.close()
  await service?.close(0)
  await postgres?.stop()
})

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${url}${path}`, { headers: { authorization, ...headers } })
// biome-ignore lint/suspicious/noExplicitAny: answers are looked at, not used.
const json = async (path: string): Promise<any> => (await get(path)).json()

describe('the door', () => {
  it('asks for name and password, and takes no wrong ones', async () => {
    const closed = await fetch(`${url}/api/tables`)
    expect([closed.status, closed.headers.get('www-authenticate')]).toEqual([
      401,
      'Basic realm="Studio", charset="UTF-8"',
    ])
    for (const wrong of ['supabase:', 'supabase:open sesam', ':open sesame', '']) {
      const answer = await get('/', { authorization: `Basic ${Buffer.from(wrong).toString('base64')}` })
      expect(answer.status).toBe(401)
    }
    expect((await get('/')).status).toBe(200)
  })

  it('does not start without a password', async () => {
    const env = { DATABASE_URL: postgres.url('postgres') }
    await expect(
      studioService.create({ env, log: silentLog, clock: systemClock, cacheDirectory: '/nonexistent' }),
    ).rejects.toThrow('DASHBOARD_PASSWORD')
  })

  it('answers only under its own names, and not to other sites', async () => {
    expect(await statusWithHost('evil.example')).toBe(421)
    expect(await statusWithHost('devenv-acme-erp-studio.localhost:8080')).toBe(200)
    const post = (headers: Record<string, string>) =>
      fetch(`${url}/api/query`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json', ...headers },
        body: '{"sql":"select 1"}',
      })
    expect((await post({})).status).toBe(403)
    expect((await post({ 'x-studio': '1', origin: 'https://evil.example' })).status).toBe(403)
    expect((await post({ 'x-studio': '1', origin: 'null' })).status).toBe(403)
    expect((await post({ 'x-studio': '1', origin: url })).status).toBe(200)
    expect((await get('/api/tables', { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  })

  it('forbids being framed and being sniffed', async () => {
    const { headers } = await get('/')
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })
})

describe('tables', () => {
  it('are listed with their row-level security', async () => {
    const tables = await json('/api/tables')
    expect(tables).toContainEqual(
      expect.objectContaining({ schema: 'public', name: 'todos', kind: 'table', rls: true, policies: 1 }),
    )
    expect(tables.filter((table: { name: string }) => table.name === 'pg_class')).toEqual([])
  })

  it('are described with columns, policies and indexes', async () => {
    const detail = await json('/api/tables/public/todos')
    expect(detail.columns.map((column: { name: string }) => column.name)).toEqual([
      'id',
      'title',
      'done',
      'details',
    ])
    expect(detail.columns[0]).toMatchObject({
      primaryKey: true,
      nullable: false,
      generated: true,
      type: 'bigint',
    })
    expect(detail.policyList).toEqual([
      {
        name: 'everybody reads',
        command: 'select',
        permissive: true,
        roles: ['anon'],
        using: 'true',
        check: null,
      },
    ])
    expect(detail.indexes).toHaveLength(1)
    expect((await get('/api/tables/public/nothing')).status).toBe(404)
  })

  it('give their rows in pages, sorted and filtered', async () => {
    const page = await json('/api/tables/public/todos/rows?limit=2&offset=1&sort=id&order=desc')
    expect(page).toMatchObject({ total: 120, exact: true, columns: ['id', 'title', 'done', 'details'] })
    expect(page.rows.map((row: string[]) => row.slice(0, 3))).toEqual([
      ['119', 'Todo number 119', 'false'],
      ['118', 'Todo number 118', 'false'],
    ])
    const found = await json('/api/tables/public/todos/rows?filterColumn=title&filterText=number%2011')
    expect(found.total).toBe(11)
    expect((await json('/api/tables/public/todos/rows?filterColumn=title&filterText=%25')).total).toBe(0)
    expect((await json(`/api/tables/public/${encodeURIComponent('Odd "name')}/rows`)).columns).toEqual([
      'a b',
    ])
    expect((await get('/api/tables/public/todos/rows?sort=nope')).status).toBe(400)
    expect((await get('/api/tables/public/todos/rows?limit=0')).status).toBe(400)
  })
})

describe('users, buckets and statements', () => {
  it('shows users without their secrets', async () => {
    const { users, total } = await json('/api/users')
    expect([total, users[0].email, users[0].provider]).toEqual([1, 'ada@example.com', 'email'])
    expect(JSON.stringify(users)).not.toContain('hash')
  })

  it('says so when the storage service has made no tables yet', async () => {
    const answer = await get('/api/buckets')
    expect(answer.status).toBe(404)
    expect(await answer.text()).toContain('This database has no buckets: the storage service has not run yet')
  })

  it('runs a statement that reads, and none that writes', async () => {
    const run = async (sql: string) => {
      const answer = await fetch(`${url}/api/query`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json', 'x-studio': '1' },
        body: JSON.stringify({ sql }),
      })
      return [answer.status, (await answer.json()) as Record<string, unknown>] as const
    }
    expect(await run('select 1 as one, null as two, \'{"a":1}\'::jsonb as three')).toEqual([
      200,
      {
        columns: ['one', 'two', 'three'],
        rows: [['1', null, '{"a": 1}']],
        rowCount: 1,
        durationMs: expect.any(Number),
      },
    ])
    expect((await run('select * from generate_series(1, 2000)'))[1]).toMatchObject({ rowCount: 2000 })
    for (const sql of [
      "insert into todos (title) values ('x')",
      'commit; drop table todos',
      'create table t ()',
      'selec',
    ]) {
      const [status, body] = await run(sql)
      expect([sql, status]).toEqual([sql, 400])
      expect(body.message).not.toBe('')
    }
    // Each is alone in its transaction, so neither of these opens a way for the next.
    await run('set transaction read write')
    await run('commit')
    expect((await run('delete from todos'))[0]).toBe(400)
    expect((await json('/api/overview')).tables).toBe(3)
    expect((await json('/api/tables/public/todos/rows')).total).toBe(120)
  })

  it('survives a database that goes and comes back', async () => {
    await postgres.restart()
    expect((await json('/api/overview')).title).toBe('acme-erp')
  })
})

const built = existsSync(fileURLToPath(new URL('../../../web/dist/index.html', import.meta.url)))
const why = !existsSync(chromium)
  ? ' (skipped: no chromium here)'
  : !built
    ? ' (skipped: web is not built)'
    : ''

describe.skipIf(why !== '')(`the page in a browser${why}`, () => {
  it('shows tables and rows, sorts them, and names what is empty', async () => {
    const { chromium: engine } = await import('playwright-core')
    const browser = await engine.launch({ executablePath: chromium, args: ['--no-sandbox', '--disable-gpu'] })
    try {
      const page = await browser.newPage({
        httpCredentials: { username: 'supabase', password: 'open sesame' },
        viewport: { width: 1280, height: 800 },
      })
      const problems: string[] = []
      page.on('pageerror', error => problems.push(error.message))
      await page.goto(url)
      await page.getByRole('heading', { name: 'acme-erp' }).waitFor()
      await page.getByText('2 tables in public have row-level security off.').waitFor()
      await page.getByRole('navigation', { name: 'Studio' }).getByRole('link', { name: 'todos' }).click()
      await page.getByRole('cell', { name: 'Todo number 1', exact: true }).waitFor()
      await page.getByText('1 to 50 of 120').waitFor()
      await page.getByRole('button', { name: /^id/ }).click()
      await page.getByRole('button', { name: /^id/ }).click()
      await page.getByRole('cell', { name: 'Todo number 120', exact: true }).waitFor()
      await page.getByRole('button', { name: 'Next' }).click()
      await page.getByText('51 to 100 of 120').waitFor()
      await page.getByRole('link', { name: /^Policies/ }).click()
      await page.getByText('everybody reads').waitFor()
      await page.getByRole('navigation', { name: 'Studio' }).getByRole('link', { name: 'empty' }).click()
      await page.getByText('This table has no rows').waitFor()
      await page.getByRole('link', { name: 'Users' }).click()
      await page.getByText('ada@example.com').waitFor()
      await page.getByRole('link', { name: 'Storage' }).click()
      await page.getByText('No buckets yet').waitFor()
      await page.getByRole('link', { name: 'SQL' }).click()
      await page.getByRole('button', { name: 'Run' }).click()
      await page.getByText(/1 row in/).waitFor()
      expect(problems).toEqual([])
    } finally {
      await browser.close()
    }
  })
})

function statusWithHost(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    httpRequest(`${url}/`, { headers: { host, authorization } }, response => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })
}
