import { bearer, type Case } from '../support.ts'

const options = (path: string, allow: string): Case => ({
  method: 'OPTIONS',
  path,
  gives: 'text:',
  answers: { allow, 'access-control-allow-origin': '*' },
})

export const surface: readonly Case[] = [
  options('/', 'OPTIONS,GET,HEAD'),
  options('/clients', 'OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE'),
  options('/no_key', 'OPTIONS,GET,HEAD,POST,PATCH,DELETE'),
  options('/deep_view', 'OPTIONS,GET,HEAD'),
  options('/client_names', 'OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE'),
  options('/task_counts', 'OPTIONS,GET,HEAD'),
  options('/parted', 'OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE'),
  {
    name: 'OPTIONS of a function is planned as a call: nothing that it could answer with',
    method: 'OPTIONS',
    path: '/rpc/evens',
    headers: { accept: 'text/unknown' },
    status: 406,
    gives: /PGRST107/,
  },
  {
    name: 'OPTIONS of a function is planned as a call: nothing to embed',
    method: 'OPTIONS',
    path: '/rpc/all_projects?select=nothing(id)',
    status: 400,
    gives: /PGRST200/,
  },
  {
    name: 'OPTIONS of a function is planned as a call: preferences that are not known',
    method: 'OPTIONS',
    path: '/rpc/evens',
    headers: { prefer: 'handling=strict, anything' },
    status: 400,
    gives: /PGRST122/,
  },
  {
    name: 'OPTIONS of a table, whatever is accepted',
    method: 'OPTIONS',
    path: '/clients',
    headers: { accept: 'text/unknown' },
    answers: { allow: 'OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE' },
  },
  {
    name: 'a preflight',
    method: 'OPTIONS',
    path: '/clients',
    headers: {
      origin: 'http://a.b',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'Foo,Bar',
    },
    answers: {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD',
      'access-control-allow-headers': 'Authorization, Foo, Bar, Accept, Accept-Language, Content-Language',
      'access-control-max-age': '86400',
    },
  },
  {
    name: 'a preflight that asks for no headers',
    method: 'OPTIONS',
    path: '/clients',
    headers: { origin: 'http://a.b', 'access-control-request-method': 'POST' },
    answers: { 'access-control-allow-origin': '*', 'access-control-allow-headers': null },
  },
  {
    name: 'a preflight that asks for a header that is allowed anyway',
    method: 'OPTIONS',
    path: '/clients',
    headers: {
      origin: 'http://a.b',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'accept, X-Own',
    },
    answers: {
      'access-control-allow-headers': 'Authorization, accept, X-Own, Accept-Language, Content-Language',
    },
  },
  {
    name: 'an error, letter by letter',
    path: '/lines?select=*,nothing(*)',
    status: 400,
    gives: /^\{"code":"PGRST200","details":"[^"]*","hint":(?:null|"[^"]*"),"message":"[^"]*"\}$/,
    answers: { server: 'postgrest/12.2.12', 'content-type': 'application/json; charset=utf-8' },
  },
  {
    name: 'a page of another origin',
    path: '/clients',
    headers: { origin: 'http://a.b' },
    answers: {
      'access-control-allow-origin': '*',
      'access-control-expose-headers':
        'Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding, Range-Unit',
    },
  },
  {
    path: '/lines?select=n&order=n&n=eq.1',
    answers: { 'content-location': '/lines?n=eq.1&order=n&select=n', 'content-profile': 'api' },
  },
  { path: '/lines', answers: { 'content-location': '/lines' } },
  { path: '/lines?n=in.(1,2)&n=gt.1', answers: { 'content-location': '/lines?n=in.%281%2C2%29,gt.1' } },
  {
    name: 'the role of a token',
    path: '/rpc/claims',
    headers: { authorization: bearer({ role: 'authenticated', x: [1] }) },
    gives: { role: 'authenticated', x: [1] },
  },
  {
    name: 'a token without a role',
    path: '/rpc/claims',
    headers: { authorization: bearer({ sub: 'me' }) },
    gives: { sub: 'me', role: 'anon' },
  },
  {
    name: 'another kind of authorization',
    path: '/rpc/claims',
    headers: { authorization: 'Basic abc' },
    gives: { role: 'anon' },
  },
  {
    name: 'a small bearer',
    path: '/rpc/claims',
    headers: { authorization: bearer({ role: 'authenticated' }).replace('Bearer', 'bearer') },
    gives: { role: 'authenticated' },
  },
  {
    name: 'other schema',
    path: '/things',
    headers: { 'accept-profile': 'other' },
    gives: [{ id: 1, name: 'else' }],
    answers: { 'content-profile': 'other' },
  },
  {
    name: 'how a transaction ends',
    path: '/lines?n=eq.1',
    headers: { prefer: 'tx=rollback' },
    answers: { 'preference-applied': 'tx=rollback' },
  },
  {
    name: 'the description',
    path: '/',
    gives: /"title":"The API"/,
    answers: { 'content-type': 'application/openapi+json; charset=utf-8', 'content-profile': 'api' },
  },
  {
    name: 'the description of a view',
    path: '/',
    gives: /"summary":"Counts","description":"How many projects each client has\."/,
  },
  { name: 'what is not to be seen is not described', path: '/', gives: /^(?!.*"\/secrets")/ },
  {
    name: 'keys are described',
    path: '/',
    gives: /This is a Foreign Key to `clients\.id`\.<fk table='clients' column='id'\/>/,
  },
]
