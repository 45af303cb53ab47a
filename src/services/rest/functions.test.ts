import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AskOptions, type RestTest, startRest } from './testing/rest.ts'

let rest: RestTest
const call = (path: string, options: AskOptions = {}) => rest.first.ask(`/rpc/${path}`, options)
const post = (name: string, body: unknown, headers: Record<string, string> = {}) =>
  call(name, { method: 'POST', body, headers })

beforeAll(async () => {
  rest = await startRest(`
    create table things (id int primary key, name text, parent int references things);
    insert into things values (1, 'a', null), (2, 'b', 1), (3, 'c', 1);
    create table log (line text);
    create function sum_of(variadic numbers int[]) returns int language sql immutable as 'select coalesce(sum(n), 0)::int from unnest(numbers) n';
    create function joined(parts text[], glue text default '-') returns text language sql immutable as 'select array_to_string(parts, glue)';
    create function json_of(j json) returns json language sql immutable as 'select j';
    create function row_of(t things) returns text language sql immutable as 'select t.name';
    create function things_of(parent_id int default null) returns setof things language sql stable as 'select * from things where parent is not distinct from parent_id order by id';
    create function one_thing(thing int) returns things language sql stable as 'select * from things where id = thing';
    create function pair(out a int, out b text) language sql immutable as $$ select 1, 'x' $$;
    create function numbers(upto int) returns setof int language sql immutable as 'select generate_series(1, upto)';
    create function table_of() returns table (n int, square int) language sql immutable as 'select n, n * n from generate_series(1, 3) n';
    create function single_column() returns table (n int) language sql immutable as 'select 1';
    create function nothing() returns void language sql as '';
    create function null_text() returns text language sql immutable as 'select null::text';
    create function many(a int) returns text language sql immutable as $$ select 'int' $$;
    create function many(a int, b int) returns text language sql immutable as $$ select 'two' $$;
    create function clash(a int) returns int language sql immutable as 'select 1';
    create function clash(a text) returns int language sql immutable as 'select 2';
    create function worded(detail text) returns void language plpgsql as $$ begin
      raise sqlstate 'PGRST' using message = '{"code":"1","message":"m"}', detail = detail; end $$;
    create function answered(status text, headers text) returns text language sql as $$
      select set_config('response.status', status, true) || set_config('response.headers', headers, true) $$;
    create function whole_json(json) returns json language sql immutable as $$ select json_build_object('got', $1) $$;
    create function whole_text(text) returns text language sql immutable as 'select upper($1)';
    create function whole_bytes(bytea) returns int language sql immutable as 'select length($1)';
    create domain "application/octet-stream" as bytea;
    create function bytes() returns "application/octet-stream" language sql immutable as $$ select '\\x00ff10'::bytea $$;
    create function write_line(line text) returns void language sql volatile as 'insert into log values (line)';
    create domain "text/html" as text;
    create function page() returns "text/html" language sql immutable as $$ select '<h1>hi</h1>'::"text/html" $$;
    create function teapot() returns text language plpgsql as $$ begin
      perform set_config('response.status', '418', true);
      perform set_config('response.headers', '[{"X-Pot": "tea"}, {"Set-Cookie": "a=1"}, {"Set-Cookie": "b=2"}]', true);
      return 'x'; end $$;
    create function bad_headers() returns void language sql as $$ select set_config('response.headers', '{}', true) $$;
    create function raise_it(code text) returns void language plpgsql as $$ begin raise exception using errcode = code, message = 'm', detail = 'd', hint = 'h'; end $$;
    create function raise_pgrst() returns void language plpgsql as $$ begin raise sqlstate 'PGRST' using
      message = '{"code": "123", "message": "own", "details": "more", "hint": "try"}', detail = '{"status": 332, "headers": {"X-Own": "yes"}}'; end $$;
    create function raise_badly() returns void language plpgsql as $$ begin raise sqlstate 'PGRST' using message = 'x', detail = '{}'; end $$;
    create function settings() returns json language sql stable as $$ select json_build_object(
      'method', current_setting('request.method'), 'path', current_setting('request.path'),
      'header', current_setting('request.headers')::json->>'x-own', 'cookie', current_setting('request.cookies')::json->>'c',
      'role', current_user, 'zone', current_setting('timezone')) $$;`)
})
afterAll(() => rest.stop())

describe('arguments', () => {
  it.each([
    ['variadic in a body', () => post('sum_of', { numbers: [1, 2] }), 3],
    ['variadic in a query', () => call('sum_of?numbers=1&numbers=2&numbers=3'), 6],
    ['lists', () => post('joined', { parts: ['a', 'b'], glue: '+' }), 'a+b'],
    ['lists in a query', () => call('joined?parts={a,b}'), 'a-b'],
    ['JSON', () => post('json_of', { j: { deep: [1.1] } }), { deep: [1.1] }],
    ['rows', () => post('row_of', { t: { id: 1, name: 'x' } }), 'x'],
    ['null', () => post('null_text', {}), null],
    ['overloads by their names', () => post('many', { a: 1, b: 2 }), 'two'],
    ['the whole body', () => post('whole_json', { a: [1] }), { got: { a: [1] } }],
    [
      'a list as the whole body',
      () => post('whole_json', [{ a: 1 }, { a: 2 }]),
      { got: [{ a: 1 }, { a: 2 }] },
    ],
    ['text as the whole body', () => post('whole_text', 'loud', { 'content-type': 'text/plain' }), 'LOUD'],
    [
      'bytes as the whole body',
      () => post('whole_bytes', 'abcd', { 'content-type': 'application/octet-stream' }),
      4,
    ],
    ['a form', () => post('many', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }), 'int'],
    ['a single object', () => post('json_of', { a: 1 }, { prefer: 'params=single-object' }), { a: 1 }],
  ])('%s', async (_what, make, expected) => {
    const reply = await make()
    expect(reply.json()).toEqual(expected)
    expect(reply.status).toBe(200)
  })
})

describe('calls of one form', () => {
  it('have each their own arguments and filters, whatever these look like', async () => {
    const texts = [
      'plain',
      '',
      '{"a":1}',
      'a b+c',
      '1.5',
      "it's",
      'notx',
      '\u00e9\u20ac',
      '$1',
      '\\x00',
      'eq',
    ]
    for (const text of texts) {
      const said = encodeURIComponent(text)
      const got = await call(`joined?parts=${encodeURIComponent('{x,y}')}&glue=${said}`)
      expect([text, got.json()]).toEqual([text, `x${text}y`])
      expect((await post('joined', { parts: ['x', 'y'], glue: text })).json()).toBe(`x${text}y`)
      expect((await post('whole_text', text, { 'content-type': 'text/plain' })).json()).toBe(
        text.toUpperCase(),
      )
    }
    for (const [numbers, expected] of [
      ['numbers=1&numbers=2', 3],
      ['numbers=5&numbers=6', 11],
      ['numbers=7', 7],
    ])
      expect((await call(`sum_of?${numbers}`)).json()).toBe(expected)
    for (const bytes of ['a', 'abc'])
      expect((await post('whole_bytes', bytes, { 'content-type': 'application/octet-stream' })).json()).toBe(
        bytes.length,
      )
    for (const id of [2, 3]) {
      const found = [{ id }]
      expect((await call(`things_of?parent_id=1&select=id&id=eq.${id}`)).json()).toEqual(found)
      expect((await post(`things_of?select=id&id=eq.${id}`, { parent_id: 1 })).json()).toEqual(found)
    }
  })

  it('are told apart by the names of their arguments, by their method and by what the body is', async () => {
    expect((await call('many?a=1')).json()).toBe('int')
    expect((await call('many?a=1&b=2')).json()).toBe('two')
    expect((await call('many?b=2&a=1')).json()).toBe('two')
    expect((await post('many', { a: 1 })).json()).toBe('int')
    expect((await post('many', [{ a: 1 }])).json()).toBe('int')
    expect((await post('many', { a: 1, b: 2 })).json()).toBe('two')
    const empty = await call('many?a=1', { method: 'HEAD' })
    expect([empty.status, empty.text]).toEqual([200, ''])
    const unknown = await call('many?c=1')
    expect([unknown.status, unknown.json()]).toEqual([404, expect.objectContaining({ code: 'PGRST202' })])
  })
})

describe('results', () => {
  it.each([
    [
      'rows with what is embedded, filtered and ordered',
      'things_of?parent_id=1&select=name,up:parent(name)&name=neq.b&order=id',
      [{ name: 'c', up: { name: 'a' } }],
    ],
    ['rows by default arguments', 'things_of', [{ id: 1, name: 'a', parent: null }]],
    ['one row', 'one_thing?thing=2&select=name', { name: 'b' }],
    ['out parameters', 'pair', { a: 1, b: 'x' }],
    ['values', 'numbers?upto=3', [1, 2, 3]],
    ['values, some of them', 'numbers?upto=9&limit=2&offset=3', [4, 5]],
    ['a table', 'table_of?select=square&n=gt.1&order=n.desc', [{ square: 9 }, { square: 4 }]],
    ['a table of one column', 'single_column', [{ n: 1 }]],
  ])('%s', async (_what, path, expected) => {
    expect((await call(path)).json()).toEqual(expected)
  })

  it('are nothing, text, bytes or pages', async () => {
    const none = await post('nothing', {})
    expect([none.status, none.text, none.headers.get('content-type')]).toEqual([204, '', null])
    const page = await call('page', { headers: { accept: 'text/html' } })
    expect([page.text, page.headers.get('content-type')]).toEqual(['<h1>hi</h1>', 'text/html'])
    const bytes = await fetch(`${rest.first.url}/rpc/bytes`, {
      headers: { accept: 'application/octet-stream' },
    })
    expect([...Buffer.from(await bytes.arrayBuffer())]).toEqual([0, 255, 16])
  })

  it('can be counted and paged', async () => {
    const page = await call('table_of?order=n', { headers: { range: '0-1', prefer: 'count=exact' } })
    expect([page.status, page.headers.get('content-range'), page.json().length]).toEqual([206, '0-1/3', 2])
  })

  it('can come with a status and headers of their own', async () => {
    const reply = await post('teapot', {})
    expect([reply.status, reply.headers.get('x-pot'), reply.headers.getSetCookie()]).toEqual([
      418,
      'tea',
      ['a=1', 'b=2'],
    ])
    expect((await post('bad_headers', {})).json()).toMatchObject({ code: 'PGRST111' })
  })
})

describe('a call', () => {
  it('sees the request in settings', async () => {
    const headers = { 'x-own': 'yes', cookie: 'c=1; d=2', prefer: 'timezone=America/Lima' }
    const reply = await call('settings', { headers })
    expect(reply.json()).toEqual({
      method: 'GET',
      path: '/rpc/settings',
      header: 'yes',
      cookie: '1',
      role: 'service_role',
      zone: 'America/Lima',
    })
    expect(reply.headers.get('preference-applied')).toBe('timezone=America/Lima')
  })

  it('by GET cannot change anything', async () => {
    const reply = await call('write_line?line=x')
    expect([reply.status, reply.json().code]).toEqual([405, '25006'])
    expect((await post('write_line', { line: 'x' })).status).toBe(204)
  })

  it('is allowed by the methods that OPTIONS names', async () => {
    const allowed = async (path: string) => (await call(path, { method: 'OPTIONS' })).headers.get('allow')
    expect(await allowed('write_line?line=x')).toBe('OPTIONS,POST')
    expect((await call('write_line', { method: 'OPTIONS' })).json()).toMatchObject({ code: 'PGRST202' })
    expect(await allowed('numbers?upto=1')).toBe('OPTIONS,GET,HEAD,POST')
    expect((await call('numbers', { method: 'DELETE' })).json()).toMatchObject({ code: 'PGRST101' })
  })
})

describe('failures', () => {
  it.each([
    ['P0001', 400],
    ['PT402', 402],
    ['23505', 409],
    ['42501', 403],
    ['40001', 500],
    ['57P01', 503],
  ])('raised with %s answer %i', async (code, status) => {
    const reply = await post('raise_it', { code })
    expect([reply.status, reply.json()]).toEqual([status, { code, message: 'm', details: 'd', hint: 'h' }])
  })

  it('can be worded wholly by the function', async () => {
    const reply = await post('raise_pgrst', {})
    expect([reply.status, reply.headers.get('x-own'), reply.json()]).toEqual([
      332,
      'yes',
      { code: '123', message: 'own', details: 'more', hint: 'try' },
    ])
    expect((await post('raise_badly', {})).json()).toMatchObject({ code: 'PGRST121' })
  })

  it('to find the function say what was looked for, and what was perhaps meant', async () => {
    expect((await call('numberz?upto=1')).json()).toEqual({
      code: 'PGRST202',
      message: 'Could not find the function public.numberz(upto) in the schema cache',
      details:
        'Searched for the function public.numberz with parameter upto, but no matches were found in the schema cache.',
      hint: 'Perhaps you meant to call the function public.numbers',
    })
    expect((await post('joined', { part: 1 })).json()).toMatchObject({
      details:
        'Searched for the function public.joined with parameter part or with a single unnamed json/jsonb parameter, but no matches were found in the schema cache.',
      hint: 'Perhaps you meant to call the function public.joined(glue, parts)',
    })
    const clash = await post('clash', { a: 1 })
    expect([clash.status, clash.json()]).toMatchObject([
      300,
      {
        code: 'PGRST203',
        message:
          'Could not choose the best candidate function between: public.clash(a => integer), public.clash(a => text)',
      },
    ])
  })
})

describe('what a function says of its answer', () => {
  const raised = (detail: object) => post('worded', { detail: JSON.stringify(detail) })
  const answered = (status: string, ...headers: readonly object[]) =>
    post('answered', { status, headers: JSON.stringify(headers) })

  it('cannot end the service, whatever is in its headers', async () => {
    const bad = await raised({ status: 400, headers: { 'x y: z\r\n': 'a' } })
    expect([bad.status, bad.json().code]).toEqual([500, 'PGRST121'])
    const odd = await raised({ status: 400, headers: { 'x-own': 'a\u0001\u007fb\r\nx-other: c' } })
    expect([odd.status, odd.headers.get('x-own'), odd.headers.get('x-other')]).toEqual([
      400,
      'a  b  x-other: c',
      null,
    ])
    expect((await answered('200', { 'x y': 'a' })).json().code).toBe('PGRST111')
    const names = ['constructor', 'tostring']
    const named = await answered('200', ...names.map(name => ({ [name]: 'x' })))
    expect(names.map(name => named.headers.get(name))).toEqual(['x', 'x'])
    expect((await call('numbers?upto=1')).json()).toEqual([1])
  })

  it('is no status that another answer would have to follow', async () => {
    for (const status of ['100', '101', '103', '1000'])
      expect((await answered(status)).json().code).toBe('PGRST112')
    expect((await raised({ status: 101, headers: {} })).json().code).toBe('PGRST121')
    expect((await answered('299')).status).toBe(299)
  })
})
