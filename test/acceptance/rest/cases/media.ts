import type { Case } from '../support.ts'

const as = (accept: string, path: string, rest: Partial<Case>): Case => ({
  name: `${path} as ${accept}`,
  path,
  headers: { accept },
  ...rest,
})
/** What a plan says that its statement gives: by these columns in this order. */
const output = (...columns: readonly string[]): RegExp => {
  const settings = ['headers', 'status'].map(
    name => `NULLIF(current_setting('response.${name}'::text, true), ''::text)`,
  )
  const at = columns.length - 1
  const all = [...columns.slice(0, at), ...settings, ...columns.slice(at)].map(one => `"${one}"`)
  return new RegExp(`"Output": \\[${all.join(', ').replace(/[()[\]|.?*]/g, '\\$&')}\\]`)
}
const verbosePlan = (explained: string) =>
  `application/vnd.pgrst.plan+json; for="${explained}"; options=verbose`
const row = 'ROW(lines.n, lines.even)'

const refused = (...types: readonly string[]) => ({
  code: 'PGRST107',
  message: `None of these media types are available: ${types.join(', ')}`,
  details: null,
  hint: null,
})

export const media: readonly Case[] = [
  as('application/json', '/nullable?order=id', {
    gives: 'text:[{"id":1,"a":"a","b":null}, \n {"id":2,"a":null,"b":2}]',
    answers: { 'content-type': 'application/json; charset=utf-8' },
  }),
  as('*/*', '/lines?n=eq.1&select=n', {
    gives: [{ n: 1 }],
    answers: { 'content-type': 'application/json; charset=utf-8' },
  }),
  as('APPLICATION/JSON', '/lines?n=eq.1&select=n', { gives: [{ n: 1 }] }),
  as('constructor', '/lines', { status: 406, gives: refused('constructor') }),
  as('__proto__, toString', '/lines', { status: 406, gives: refused('__proto__', 'toString') }),
  as('valueOf', '/rpc/claims', { status: 406, gives: refused('valueOf') }),
  as('Text/Unknown', '/lines', { status: 406, gives: refused('Text/Unknown') }),
  as('text/unknown; level=1', '/lines', { status: 406, gives: refused('text/unknown;level=1') }),
  as('application/vnd.pgrst.array+json; Nulls="stripped"; charset=utf-8', '/nullable?id=eq.1', {
    gives: [{ id: 1, a: 'a' }],
    answers: { 'content-type': 'application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8' },
  }),
  as('application/vnd.pgrst.plan+text ; for="application/vnd.pgrst.object+json;nulls=stripped"', '/lines', {
    gives: /Aggregate/,
    answers: {
      'content-type':
        'application/vnd.pgrst.plan+text; for="application/vnd.pgrst.object+json;nulls=stripped"; charset=utf-8',
    },
  }),
  as('application/vnd.pgrst.array+json', '/lines?n=eq.1&select=n', {
    gives: [{ n: 1 }],
    answers: { 'content-type': 'application/json; charset=utf-8' },
  }),
  as('application/vnd.pgrst.array+json;nulls=stripped', '/nullable?order=id', {
    gives: [
      { id: 1, a: 'a' },
      { id: 2, b: 2 },
    ],
    answers: { 'content-type': 'application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8' },
  }),
  as('application/vnd.pgrst.object+json', '/lines?n=eq.1&select=n', {
    gives: { n: 1 },
    answers: { 'content-type': 'application/vnd.pgrst.object+json; charset=utf-8' },
  }),
  as('application/vnd.pgrst.object', '/lines?n=eq.1&select=n', {
    gives: { n: 1 },
    answers: { 'content-type': 'application/vnd.pgrst.object+json; charset=utf-8' },
  }),
  as('application/vnd.pgrst.object+json;nulls=stripped', '/nullable?id=eq.1', {
    gives: { id: 1, a: 'a' },
    answers: { 'content-type': 'application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8' },
  }),
  as('application/vnd.pgrst.object+json', '/lines?n=eq.99', {
    status: 406,
    gives: {
      code: 'PGRST116',
      message: 'JSON object requested, multiple (or no) rows returned',
      details: 'The result contains 0 rows',
      hint: null,
    },
    answers: { 'content-type': 'application/json; charset=utf-8' },
  }),
  as('text/csv', '/nullable?order=id', {
    gives: 'text:id,a,b\n1,a,\n2,,2',
    answers: { 'content-type': 'text/csv; charset=utf-8' },
  }),
  as('text/csv', '/nullable?id=eq.99', { gives: 'text:\n' }),
  as('text/csv; version=1', '/nullable?id=eq.1&select=id', { gives: 'text:id\n1' }),
  as('image/png, text/csv;q=0.3, application/json;q=0.2', '/nullable?id=eq.1&select=id', {
    gives: 'text:id\n1',
  }),
  as('text/html, */*;q=0.1', '/nullable?id=eq.1&select=id', { gives: [{ id: 1 }] }),
  as('image/png', '/nullable', { status: 406, gives: refused('image/png') }),
  as('image/png, text/unknown;q=0.5', '/nullable', {
    status: 406,
    gives: refused('image/png', 'text/unknown'),
  }),
  as('text/tab-separated-values', '/lines?n=lt.3&order=n', {
    gives: 'text:n\teven\n1\tfalse\n2\ttrue\n',
    answers: { 'content-type': 'text/tab-separated-values' },
  }),
  as('text/tab-separated-values', '/lines?select=n', {
    status: 406,
    gives: refused('text/tab-separated-values'),
  }),
  as('text/tab-separated-values', '/clients', { status: 406 }),
  as('application/vnd.twkb', '/nullable', {
    gives: 'text:\u0000\u0001\u0001',
    answers: { 'content-type': 'application/vnd.twkb' },
  }),
  as('application/vnd.twkb', '/nullable?select=id', { gives: 'text:\u0000\u0001\u0001' }),
  as('application/vnd.pgrst.plan', '/lines', {
    gives: /cost=/,
    answers: { 'content-type': 'application/vnd.pgrst.plan+text; for="application/json"; charset=utf-8' },
  }),
  as('application/vnd.pgrst.plan+json', '/lines', {
    gives: /"Plan":/,
    answers: { 'content-type': 'application/vnd.pgrst.plan+json; for="application/json"; charset=utf-8' },
  }),
  as('application/vnd.pgrst.plan+json; for="text/csv"; options=analyze|verbose', '/lines', {
    gives: /"Actual Rows"/,
    answers: {
      'content-type':
        'application/vnd.pgrst.plan+json; for="text/csv"; options=analyze|verbose; charset=utf-8',
    },
  }),
  as(
    'application/vnd.pgrst.plan+text; for="application/vnd.pgrst.object+json"; options=settings|buffers|wal|analyze',
    '/lines?n=eq.1',
    {
      gives: /Aggregate/,
      answers: {
        'content-type':
          'application/vnd.pgrst.plan+text; for="application/vnd.pgrst.object+json"; options=analyze|settings|buffers|wal; charset=utf-8',
      },
    },
  ),
  as(verbosePlan('application/json'), '/lines', {
    gives: output('NULL::bigint', `count(${row})`, `COALESCE(json_agg(${row}), '[]'::json)`, "''::text"),
  }),
  as(verbosePlan('application/vnd.pgrst.object'), '/lines', {
    gives: output(
      'NULL::bigint',
      `count(${row})`,
      `COALESCE((json_agg(${row}) -> 0), 'null'::json)`,
      "''::text",
    ),
  }),
  as(verbosePlan('application/json'), '/rpc/evens', {
    gives: output(
      'NULL::bigint',
      'count(ROW((evens())))',
      "COALESCE(json_agg((evens())), '[]'::json)",
      "''::text",
    ),
  }),
  as(verbosePlan('application/vnd.twkb'), '/lines', {
    gives: output('NULL::bigint', `count(${row})`, `any_twkb(${row})`, "''::text"),
  }),
  as(verbosePlan('text/tab-separated-values'), '/lines', {
    gives: output('NULL::bigint', `count(${row})`, `lines_tsv(${row}::lines)`, "''::text"),
  }),
  {
    name: 'a plan of a new row',
    method: 'POST',
    path: '/lines',
    body: { n: 30 },
    headers: { accept: verbosePlan('application/json'), prefer: 'return=representation' },
    gives: output(
      "''::text",
      `count(${row})`,
      "'{}'::text[]",
      `COALESCE(json_agg(${row}), '[]'::json)`,
      "''::text",
    ),
  },
  {
    name: 'a plan of a change',
    method: 'DELETE',
    path: '/lines?n=eq.1',
    headers: { accept: 'application/vnd.pgrst.plan' },
    gives: /Delete on lines/,
  },
  {
    name: 'a plan of a call',
    path: '/rpc/evens',
    headers: { accept: 'application/vnd.pgrst.plan' },
    gives: /cost=/,
  },
  as('application/openapi+json', '/', {
    answers: { 'content-type': 'application/openapi+json; charset=utf-8' },
  }),
  as('text/csv', '/', { status: 406, gives: refused('text/csv') }),
  {
    name: 'a body of a type that nobody knows',
    method: 'POST',
    path: '/clients',
    headers: { 'content-type': 'image/png' },
    body: 'x',
    status: 400,
    gives: { code: 'PGRST102', message: 'Content-Type not acceptable: image/png', details: null, hint: null },
  },
  {
    name: 'a body with a character set',
    method: 'POST',
    path: '/clients',
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: { id: 9, name: 'x' },
    status: 201,
  },
  {
    name: 'a plan of an upsert counts what it puts in',
    method: 'POST',
    path: '/users',
    headers: {
      accept: 'application/vnd.pgrst.plan+json; options=verbose',
      prefer: 'resolution=merge-duplicates',
    },
    body: { id: 9, name: 'x' },
    gives: /"\(NULLIF\(current_setting\('pgrst.inserted'::text, true\), ''::text\)\)::integer"\]/,
  },
  {
    name: 'nothing is accepted',
    path: '/users',
    headers: { accept: '' },
    status: 406,
    gives: {
      code: 'PGRST107',
      message: 'None of these media types are available: ',
      details: null,
      hint: null,
    },
  },
  // What is asked for is compared in small letters, and named as the domain is.
  as('application/vnd.upper', '/rpc/capitals', {
    answers: { 'content-type': 'Application/Vnd.Upper' },
    gives: 'text:hi',
  }),
  as('Application/Vnd.Upper', '/rpc/capitals', { status: 406 }),
  {
    name: 'names of columns stand over what was selected of changed rows',
    method: 'DELETE',
    path: '/clients?id=eq.99&select=name,id',
    headers: { accept: 'text/csv', prefer: 'return=representation' },
    gives: 'text:\n',
  },
  {
    method: 'POST',
    path: '/users?select=name',
    headers: { accept: 'text/csv', prefer: 'return=representation' },
    body: [
      { id: 8, name: 'Dan' },
      { id: 9, name: 'Eve' },
    ],
    status: 201,
    gives: 'text:name\nDan\nEve',
  },
  {
    method: 'PATCH',
    path: '/paints?id=eq.1&select=tone,name,id',
    headers: { accept: 'text/csv', prefer: 'return=representation' },
    body: { name: 'sky' },
    gives: 'text:tone,name,id\n"""#0000ff""",sky,1',
  },
  as('text/csv', '/rpc/all_projects?select=name,id&client_id=eq.2', { gives: 'text:name,id\nBoat,3' }),
  as('text/csv', '/rpc/all_projects?id=eq.99', {
    gives: 'text:id,name,client_id,budget,tags,period,doc\n',
  }),
]
