import type { Case } from '../support.ts'

const full = { prefer: 'return=representation' }
const post = (path: string, body: unknown, rest: Partial<Case>): Case => ({
  method: 'POST',
  path,
  body,
  status: 201,
  ...rest,
})
const patch = (path: string, body: unknown, rest: Partial<Case>): Case => ({
  method: 'PATCH',
  path,
  body,
  ...rest,
})
const remove = (path: string, rest: Partial<Case>): Case => ({ method: 'DELETE', path, ...rest })

export const changing: readonly Case[] = [
  post(
    '/clients',
    { id: 9, name: 'New' },
    {
      gives: 'text:',
      answers: { 'content-range': '*/*', 'content-type': null, location: null, 'preference-applied': null },
    },
  ),
  post(
    '/clients',
    { id: 9, name: 'New' },
    {
      headers: { prefer: 'return=minimal' },
      gives: 'text:',
      answers: { 'preference-applied': 'return=minimal' },
    },
  ),
  post(
    '/clients',
    { id: 9, name: 'New' },
    {
      headers: { prefer: 'return=headers-only' },
      gives: 'text:',
      answers: { location: '/clients?id=eq.9', 'preference-applied': 'return=headers-only' },
    },
  ),
  post(
    '/compound',
    { a: 2, b: 'x y', value: 'v' },
    { headers: { prefer: 'return=headers-only' }, answers: { location: '/compound?a=eq.2&b=eq.x%20y' } },
  ),
  post('/no_key', { a: 2 }, { headers: { prefer: 'return=headers-only' }, answers: { location: null } }),
  post(
    '/clients',
    [
      { id: 8, name: 'A' },
      { id: 9, name: 'B' },
    ],
    {
      headers: { prefer: 'return=headers-only,count=exact' },
      answers: {
        location: null,
        'content-range': '*/2',
        'preference-applied': 'return=headers-only, count=exact',
      },
    },
  ),
  post(
    '/clients?select=id,n:name',
    { id: 9, name: 'New' },
    {
      headers: full,
      gives: [{ id: 9, n: 'New' }],
      answers: { 'content-type': 'application/json; charset=utf-8' },
    },
  ),
  post(
    '/projects?select=id,clients(name)',
    { id: 9, name: 'N', client_id: 1 },
    { headers: full, gives: [{ id: 9, clients: { name: 'Acme' } }] },
  ),
  post(
    '/projects?select=name,lead(name)',
    { id: 1 + 8, name: 'N' },
    { headers: full, gives: [{ name: 'N', lead: null }] },
  ),
  post('/clients', [], { headers: full, gives: [] }),
  post('/autos', {}, { headers: full, status: 201 }),
  post('/numbered?columns=id,name&select=name', [{ id: 70 }, { name: 'n' }], {
    headers: { prefer: 'return=representation, missing=default' },
    gives: [{ name: 'none' }, { name: 'n' }],
  }),
  post('/clients?select=id', 'id,name\n8,A,more\n9,B', {
    headers: { ...full, 'content-type': 'text/csv' },
    gives: [{ id: 8 }, { id: 9 }],
  }),
  post('/autos?select=name,total', [{}, {}], {
    headers: full,
    gives: [
      { name: 'unnamed', total: 7 },
      { name: 'unnamed', total: 7 },
    ],
  }),
  post('/clients', 'id,name\n8,A\n9,NULL', { headers: { ...full, 'content-type': 'text/csv' }, status: 400 }),
  post('/clients?select=id,name', 'id,name\n8,"A, ""B"""\n9,C', {
    headers: { ...full, 'content-type': 'text/csv' },
    gives: [
      { id: 8, name: 'A, "B"' },
      { id: 9, name: 'C' },
    ],
  }),
  post('/clients?select=id,name', 'id=9&name=a+b%26', {
    headers: { ...full, 'content-type': 'application/x-www-form-urlencoded' },
    gives: [{ id: 9, name: 'a b&' }],
  }),
  post('/nullable?columns=id,a', [{ id: 8, a: 'x', b: 9 }, { id: 9 }], {
    headers: full,
    gives: [
      { id: 8, a: 'x', b: null },
      { id: 9, a: null, b: null },
    ],
  }),
  post('/autos?columns=id,name&select=id,name', [{ id: 8 }, { id: 9, name: 'n' }], {
    headers: { prefer: 'return=representation, missing=default' },
    gives: [
      { id: 8, name: 'unnamed' },
      { id: 9, name: 'n' },
    ],
    answers: { 'preference-applied': 'missing=default, return=representation' },
  }),
  post(
    '/autos?columns=id,name&select=id,name',
    { id: 8 },
    { headers: { prefer: 'return=representation, missing=null' }, gives: [{ id: 8, name: null }] },
  ),
  post(
    '/paints',
    { id: 9, tone: '#00ff00', name: 'g' },
    { headers: full, gives: [{ id: 9, tone: '#00ff00', name: 'g' }] },
  ),
  post('/compound', [{ a: 1, b: 'x', value: 'new' }], {
    headers: { prefer: 'return=representation,resolution=merge-duplicates' },
    status: 200,
    gives: [{ a: 1, b: 'x', value: 'new' }],
    answers: { 'preference-applied': 'resolution=merge-duplicates, return=representation' },
  }),
  post(
    '/compound',
    [
      { a: 1, b: 'x', value: 'new' },
      { a: 2, b: 'y', value: 'w' },
    ],
    { headers: { prefer: 'return=representation,resolution=merge-duplicates' }, status: 201 },
  ),
  post(
    '/compound',
    [
      { a: 1, b: 'x', value: 'new' },
      { a: 2, b: 'y', value: 'w' },
    ],
    {
      headers: { prefer: 'return=representation,resolution=ignore-duplicates' },
      status: 201,
      gives: [{ a: 2, b: 'y', value: 'w' }],
    },
  ),
  post(
    '/compound?on_conflict=a,b',
    { a: 1, b: 'x', value: 'new' },
    {
      headers: { prefer: 'return=representation,resolution=merge-duplicates' },
      status: 200,
      gives: [{ a: 1, b: 'x', value: 'new' }],
    },
  ),
  post(
    '/client_names',
    { id: 9, name: 'V' },
    { headers: { prefer: 'return=headers-only' }, answers: { location: '/client_names?id=eq.9' } },
  ),
  post(
    '/clients',
    { id: 9, name: 'One' },
    {
      headers: { ...full, accept: 'application/vnd.pgrst.object+json' },
      gives: { id: 9, name: 'One', meta: null },
    },
  ),
  post(
    '/clients',
    { id: 9, name: 'One' },
    {
      headers: { prefer: 'tx=commit,return=minimal' },
      answers: { 'preference-applied': 'return=minimal, tx=commit' },
    },
  ),
  remove('/clients?id=eq.9', {
    status: 204,
    headers: { prefer: 'tx=commit' },
    answers: { 'preference-applied': 'tx=commit', 'content-range': '*/*' },
  }),
  patch(
    '/clients?id=eq.1',
    { name: 'X' },
    { status: 204, gives: 'text:', answers: { 'content-range': '0-0/*', 'content-type': null } },
  ),
  patch('/clients?id=eq.99', { name: 'X' }, { status: 204, answers: { 'content-range': '*/*' } }),
  patch(
    '/clients?id=eq.1',
    { name: 'X' },
    {
      headers: { prefer: 'return=minimal,count=exact' },
      status: 204,
      answers: { 'content-range': '0-0/1', 'preference-applied': 'return=minimal, count=exact' },
    },
  ),
  patch('/clients?id=eq.1&select=id,name', { name: 'X' }, { headers: full, gives: [{ id: 1, name: 'X' }] }),
  patch(
    '/clients?id=eq.1&select=name,projects(id)&projects.order=id',
    { name: 'X' },
    { headers: full, gives: [{ name: 'X', projects: [{ id: 1 }, { id: 2 }] }] },
  ),
  patch(
    '/clients?or=(id.eq.1,name.eq.Beta)&select=id',
    { name: 'X' },
    {
      name: 'trees choose the rows to change, and what is shown of the changed rows',
      headers: { prefer: 'return=representation,count=exact' },
      gives: [{ id: 1 }],
      answers: { 'content-range': '0-0/1' },
    },
  ),
  patch(
    '/clients?or=(id.eq.1,name.eq.Beta)',
    { name: 'X' },
    {
      name: 'trees, when nothing is shown of the changed rows',
      status: 204,
      headers: { prefer: 'count=exact' },
      answers: { 'content-range': '0-1/2' },
    },
  ),
  patch(
    '/clients?id=eq.1&projects.or=(id.eq.2)&select=id,projects(id)',
    { name: 'X' },
    { name: 'trees of something embedded choose the rows to change too', headers: full, gives: [] },
  ),
  patch(
    '/clients?id=eq.1&projects.id=eq.2&select=id,projects(id)',
    { name: 'X' },
    { headers: full, gives: [{ id: 1, projects: [{ id: 2 }] }] },
  ),
  post(
    '/lines?or=(even.is.true)&select=n',
    [{ n: 31 }, { n: 32, even: true }].map(row => ({ even: null, ...row })),
    {
      name: 'trees choose what is shown of new rows',
      headers: full,
      gives: [{ n: 32 }],
    },
  ),
  patch('/clients?id=eq.1', {}, { headers: full, gives: [] }),
  patch(
    '/clients?id=eq.1&columns=name',
    { name: 'X', meta: 'no' },
    { headers: full, gives: [{ id: 1, name: 'X', meta: { a: { b: [1, 2] }, t: 'x' } }] },
  ),
  patch(
    '/autos?id=eq.99&columns=name',
    {},
    {
      headers: { prefer: 'missing=default' },
      status: 204,
      answers: { 'preference-applied': 'missing=default' },
    },
  ),
  patch('/lines?order=n&limit=2&select=n', { even: true }, { headers: full, gives: [{ n: 1 }, { n: 2 }] }),
  patch(
    '/lines?order=n&limit=2&offset=4&select=n',
    { even: true },
    { headers: full, gives: [{ n: 5 }, { n: 6 }] },
  ),
  patch(
    '/lines?n=gt.10&order=n.desc&limit=1&select=n',
    { even: true },
    { headers: full, gives: [{ n: 20 }] },
  ),
  patch(
    '/lines',
    { even: true },
    {
      headers: { prefer: 'handling=strict, max-affected=5' },
      status: 400,
      gives: {
        code: 'PGRST124',
        message: 'Query result exceeds max-affected preference constraint',
        details: 'The query affects 20 rows',
        hint: null,
      },
    },
  ),
  patch(
    '/lines',
    { even: true },
    {
      headers: { prefer: 'handling=lenient, max-affected=5' },
      status: 204,
      answers: { 'preference-applied': 'handling=lenient' },
    },
  ),
  patch(
    '/lines?n=lt.3',
    { even: true },
    {
      headers: { prefer: 'handling=strict, max-affected=5' },
      status: 204,
      answers: { 'preference-applied': 'handling=strict, max-affected=5' },
    },
  ),
  patch(
    '/clients?id=lt.9',
    { name: 'X' },
    {
      headers: { accept: 'application/vnd.pgrst.object+json' },
      status: 406,
      gives: {
        code: 'PGRST116',
        message: 'JSON object requested, multiple (or no) rows returned',
        details: 'The result contains 2 rows',
        hint: null,
      },
    },
  ),
  patch('/composites?id=eq.1&select=list', { list: [4, 5] }, { headers: full, gives: [{ list: [4, 5] }] }),
  remove('/lines?n=lt.3', { status: 204, gives: 'text:', answers: { 'content-range': '*/*' } }),
  remove('/lines?n=lt.3&select=n', {
    headers: { prefer: 'return=representation,count=exact' },
    gives: [{ n: 1 }, { n: 2 }],
    answers: { 'content-range': '*/2', 'preference-applied': 'return=representation, count=exact' },
  }),
  remove('/lines?order=n.desc&limit=1&select=n', { headers: full, gives: [{ n: 20 }] }),
  remove('/lines?limit=1', {
    status: 400,
    gives: {
      code: 'PGRST109',
      message: "A 'limit' was applied without an explicit 'order'",
      details: null,
      hint: "Apply an 'order' using unique column(s)",
    },
  }),
  remove('/lines?order=even&limit=1', {
    status: 400,
    gives: {
      code: 'PGRST110',
      message: 'The maximum number of rows allowed to change was surpassed',
      details: 'Results contain 10 rows changed but the maximum number allowed is 1',
      hint: null,
    },
  }),
  { method: 'PUT', path: '/clients?id=eq.1', body: { id: 1, name: 'Put' }, status: 204, gives: 'text:' },
  {
    method: 'PUT',
    path: '/clients?id=eq.9',
    body: { id: 9, name: 'Put' },
    headers: full,
    status: 201,
    gives: [{ id: 9, name: 'Put', meta: null }],
  },
  {
    method: 'PUT',
    path: '/clients?id=eq.1',
    body: { id: 1, name: 'Put', meta: null },
    headers: full,
    status: 200,
    gives: [{ id: 1, name: 'Put', meta: null }],
    answers: { 'preference-applied': 'return=representation' },
  },
  {
    method: 'PUT',
    path: '/compound?a=eq.1&b=eq.x',
    body: [{ a: 1, b: 'x', value: 'p' }],
    headers: full,
    status: 200,
    gives: [{ a: 1, b: 'x', value: 'p' }],
  },
  {
    method: 'PUT',
    path: '/clients?id=eq.2',
    body: { id: 1, name: 'Put' },
    status: 400,
    gives: {
      code: 'PGRST115',
      message: 'Payload values do not match URL in primary key column(s)',
      details: null,
      hint: null,
    },
  },
  {
    method: 'PUT',
    path: '/clients?name=eq.2',
    body: { id: 1, name: 'Put' },
    status: 405,
    gives: {
      code: 'PGRST105',
      message: "Filters must include all and only primary key columns with 'eq' operators",
      details: null,
      hint: null,
    },
  },
  { method: 'PUT', path: '/clients?id=gt.2', body: { id: 1, name: 'Put' }, status: 405 },
  { method: 'PUT', path: '/clients', body: { id: 1, name: 'Put' }, status: 405 },
  { method: 'PUT', path: '/no_key?a=eq.1', body: { a: 1 }, status: 405 },
  {
    method: 'PUT',
    path: '/clients?id=eq.1&limit=1',
    body: { id: 1, name: 'Put' },
    status: 400,
    gives: {
      code: 'PGRST114',
      message: 'limit/offset querystring parameters are not allowed for PUT',
      details: null,
      hint: null,
    },
  },
  {
    method: 'POST',
    path: '/things',
    body: { id: 2, name: 'x' },
    headers: { 'content-profile': 'other', ...full },
    status: 201,
    gives: [{ id: 2, name: 'x' }],
    answers: { 'content-profile': 'other' },
  },
]
