import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLog, systemClock } from '#kernel'
import { seedSchema } from './index.ts'
import { type RestTest, restEnv, startRest, token } from './testing/rest.ts'

let rest: RestTest

beforeAll(async () => {
  rest = await startRest(`
    create table parents (id int primary key);
    create table children (id int primary key, parent int);
    insert into parents values (1);
    insert into children values (1, 1);`)
})
afterAll(() => rest.stop())

describe('a change of the schema', () => {
  it('counts for the very next request', async () => {
    expect((await rest.first.ask('/parents?select=id,children(id)')).json()).toMatchObject({
      code: 'PGRST200',
    })
    await rest.admin.query(
      'alter table children add constraint to_parent foreign key (parent) references parents',
    )
    expect((await rest.first.ask('/parents?select=id,children(id)')).json()).toEqual([
      { id: 1, children: [{ id: 1 }] },
    ])
    await rest.admin.query('alter table children drop constraint to_parent')
    expect((await rest.first.ask('/parents?select=id,children(id)')).json()).toMatchObject({
      code: 'PGRST200',
    })
    await rest.admin.query(`create function greet() returns text language sql as $$ select 'one' $$`)
    expect((await rest.first.ask('/rpc/greet')).json()).toBe('one')
    await rest.admin.query(
      `drop function greet(); create function greet(loud boolean default true) returns setof text language sql as $$ select 'two' $$`,
    )
    expect((await rest.first.ask('/rpc/greet?loud=false')).json()).toEqual(['two'])
  })

  it('that was not committed when the schema was read counts once it is', async () => {
    const other = await rest.postgres.client('postgres')
    await other.query('begin')
    await other.query('create table pending (id int primary key, child int)')
    const fresh = await rest.serve()
    expect((await fresh.ask('/pending')).status).toBe(404)
    await other.query('commit')
    expect((await fresh.ask('/pending')).json()).toEqual([])
    await other.query('begin')
    await other.query('alter table pending add foreign key (child) references children (id)')
    const second = rest.serve()
    const relation = await (await second).ask('/parents?select=id')
    expect(relation.status).toBe(200)
    await other.query('commit')
    expect((await (await second).ask('/pending?select=id,children(id)')).json()).toEqual([])
  })

  it('is noticed in a database that does not count changes', async () => {
    const admin = await rest.postgres.client()
    await admin.query(
      'drop event trigger pgrst_ddl_watch; drop event trigger pgrst_drop_watch; drop sequence extensions.pgrst_schema_version',
    )
    const plain = await rest.serve()
    expect((await plain.ask('/late')).status).toBe(404)
    await rest.admin.query('create table late (id int)')
    expect((await plain.ask('/late')).json()).toEqual([])
    await rest.admin.query(`alter table late add column more text; notify pgrst, 'reload schema'`)
    await expect
      .poll(async () => (await plain.ask('/late', { method: 'POST', body: { more: 'x' } })).status)
      .toBe(201)
  })
})

describe('what is kept for the next start', () => {
  it('is not believed when it is damaged', async () => {
    const other = await startRest('create table kept (id int)')
    await expect.poll(() => readdirSync(other.cacheDirectory)).toEqual(['schema.json'])
    for (const damage of ['{', '{"key": 1}', 'null', '[]']) {
      writeFileSync(join(other.cacheDirectory, 'schema.json'), damage)
      const again = await other.serve()
      expect((await again.ask('/kept')).json()).toEqual([])
      await again.close()
    }
    await other.stop()
  })

  it('is believed only as far as it is still so: settings that changed meanwhile are read again', async () => {
    const other = await startRest(`
      create table kept as select n from generate_series(1, 9) n;
      create role visitor;
      alter role visitor set statement_timeout = '5s';
      grant visitor to authenticator;
      create function timeout() returns text language sql as $$ select current_setting('statement_timeout') $$;
      grant execute on function timeout to visitor`)
    await expect.poll(() => readdirSync(other.cacheDirectory)).toEqual(['schema.json'])
    await other.first.close()
    const owner = await other.postgres.client()
    const rowsOfNext = async (change: string) => {
      await owner.query(change)
      const again = await other.serve()
      const rows = (await again.ask('/kept')).json().length
      const asVisitor = { authorization: `Bearer ${token({ role: 'visitor' })}` }
      const timeout = (await again.ask('/rpc/timeout', { headers: asVisitor })).json()
      await again.close()
      return [rows, timeout]
    }
    expect(await rowsOfNext('select 1')).toEqual([9, '5s'])
    expect(await rowsOfNext(`alter role authenticator set pgrst.db_max_rows = '4'`)).toEqual([4, '5s'])
    expect(await rowsOfNext('select 1')).toEqual([4, '5s'])
    expect(await rowsOfNext(`alter role visitor set statement_timeout = '6s'`)).toEqual([4, '6s'])
    await other.stop()
  })
})

describe('what was read of a database that others are copied from', () => {
  it('is believed of a copy until its schema changes, and never of another', async () => {
    const first = await startRest(`create function kept() returns int language sql as 'select 1'`)
    const seeds = mkdtempSync(join(tmpdir(), 'hangar-seed-'))
    await seedSchema({
      env: { PGRST_DB_URI: first.postgres.url('authenticator'), ...restEnv },
      log: silentLog,
      clock: systemClock,
      cacheDirectory: seeds,
    })
    const seed = join(seeds, 'seed.json')
    // A mark that is in no database: whoever has it has not read the catalogue.
    const marked = readFileSync(seed, 'utf8').replaceAll('kept', 'marked')
    const answers = async () => {
      rmSync(join(first.cacheDirectory, 'schema.json'), { force: true })
      const service = await first.serve()
      const said = (await service.ask('/rpc/marked', { method: 'POST' })).json()
      await service.close()
      return said.code
    }
    await first.first.close()
    writeFileSync(join(first.cacheDirectory, 'seed.json'), marked)
    // The function is known, and PostgreSQL has none of that name.
    expect(await answers()).toBe('42883')
    writeFileSync(
      join(first.cacheDirectory, 'seed.json'),
      marked.replace(/"cluster":"[^"]*"/, '"cluster":"7000000000000000000 postgres"'),
    )
    expect(await answers()).toBe('PGRST202')
    writeFileSync(join(first.cacheDirectory, 'seed.json'), marked)
    await (await first.postgres.client()).query('create table another (id int)')
    expect(await answers()).toBe('PGRST202')
    rmSync(seeds, { recursive: true })
    await first.stop()
  })
})

describe('the root describes the API', () => {
  let api: RestTest
  beforeAll(async () => {
    api = await startRest(`
      comment on schema public is 'My API
and more of it';
      create type mood as enum ('sad', 'glad');
      create table authors (id int primary key, name varchar(20) not null default 'x', mood mood);
      create table books (id bigint generated always as identity primary key, author int references authors, price numeric default 1.5, tags text[]);
      comment on table books is 'Books';
      comment on column books.price is 'In euros';
      create table hidden (id int);
      revoke all on hidden from anon, authenticated;
      create function add(a int, b int default 0) returns int language sql immutable as 'select a + b';`)
  })
  afterAll(() => api.stop())

  it('with keys, defaults, enums and comments', async () => {
    const reply = await api.first.ask('/')
    const { definitions, paths, info, swagger, parameters } = reply.json()
    expect(reply.headers.get('content-type')).toBe('application/openapi+json; charset=utf-8')
    expect([swagger, info.title, info.description]).toEqual(['2.0', 'My API', 'and more of it'])
    expect(definitions.books).toEqual({
      description: 'Books',
      required: ['id'],
      type: 'object',
      properties: {
        id: { description: 'Note:\nThis is a Primary Key.<pk/>', format: 'bigint', type: 'integer' },
        author: {
          description: "Note:\nThis is a Foreign Key to `authors.id`.<fk table='authors' column='id'/>",
          format: 'integer',
          type: 'integer',
        },
        price: { default: 1.5, description: 'In euros', format: 'numeric', type: 'number' },
        tags: { format: 'text[]', items: { type: 'string' }, type: 'array' },
      },
    })
    expect(definitions.authors.properties.name).toEqual({
      default: 'x',
      format: 'character varying',
      maxLength: 20,
      type: 'string',
    })
    expect(definitions.authors.properties.mood).toEqual({
      enum: ['sad', 'glad'],
      format: 'public.mood',
      type: 'string',
    })
    expect(Object.keys(paths['/books'])).toEqual(['get', 'post', 'patch', 'delete'])
    expect(paths['/rpc/add'].post.parameters[0].schema.required).toEqual(['a'])
    expect(parameters['rowFilter.books.price']).toMatchObject({ name: 'price', in: 'query' })
  })

  it('of what the caller may use, unless it is told otherwise', async () => {
    const anonymous = { headers: { authorization: `Bearer ${token({ role: 'anon' })}` } }
    expect((await api.first.ask('/', anonymous)).json().paths['/hidden']).toBeUndefined()
    expect((await api.first.ask('/')).json().paths['/hidden']).toBeTruthy()
    const open = await api.serve({ PGRST_OPENAPI_MODE: 'ignore-privileges' })
    expect((await open.ask('/', anonymous)).json().paths['/hidden']).toBeTruthy()
    const closed = await api.serve({ PGRST_OPENAPI_MODE: 'disabled' })
    const none = await closed.ask('/')
    expect([none.status, none.json()]).toEqual([404, {}])
  })
})
