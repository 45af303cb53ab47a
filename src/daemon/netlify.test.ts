import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createNetlify } from './netlify.ts'

const jwt = (role: string) =>
  `${Buffer.from('{"alg":"HS256"}').toString('base64url')}.${Buffer.from(JSON.stringify({ role })).toString('base64url')}.c2ln`

let server: Server
let requests: { method: string; url: string; authorization: string; body: string }[]
let variables: Map<string, string>
let failing: RegExp | undefined

/** Answers as api.netlify.com does, as far as it is asked. */
beforeEach(async () => {
  requests = []
  variables = new Map()
  failing = undefined
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method = '', url = '' } = request
    requests.push({ method, url, authorization: request.headers.authorization ?? '', body })
    const answer = (status: number, value: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(value))
    }
    if (failing?.test(`${method} ${url}`)) return answer(500, { message: 'canary-in-an-error' })
    if (url === '/api/v1/sites/site-1') return answer(200, { id: 'site-1', account_id: 'acc-1' })
    if (method === 'GET' && url === '/api/v1/accounts/acc-1/env?site_id=site-1')
      return answer(
        200,
        [...variables].map(([key, value]) => ({ key, values: [{ context: 'all', value }] })),
      )
    if (method === 'POST' && url === '/api/v1/accounts/acc-1/env?site_id=site-1') {
      for (const { key, values } of JSON.parse(body)) variables.set(key, values[0].value)
      return answer(201, [])
    }
    const put = /^\/api\/v1\/accounts\/acc-1\/env\/(\w+)\?site_id=site-1$/.exec(url)
    if (method === 'PUT' && put?.[1] && variables.has(put[1])) {
      variables.set(put[1], JSON.parse(body).values[0].value)
      return answer(200, {})
    }
    if (method === 'POST' && url === '/api/v1/sites/site-1/builds') return answer(200, { id: 'build-1' })
    answer(404, {})
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
})
afterEach(() => new Promise<void>(resolve => void server.close(() => resolve())))

const host = () =>
  createNetlify({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/`,
    token: 'netlify-token',
  })
const url = 'https://devenv-acme-erp-kong.fly.dev'

describe('the frontend at Netlify', () => {
  it('gets its two public variables and a build; a second time they are changed, not doubled', async () => {
    await host().publish('site-1', { url, anonKey: jwt('anon') })
    expect(Object.fromEntries(variables)).toEqual({
      VITE_SUPABASE_URL: url,
      VITE_SUPABASE_ANON_KEY: jwt('anon'),
    })
    expect(requests.at(-1)).toMatchObject({ method: 'POST', url: '/api/v1/sites/site-1/builds' })
    expect(new Set(requests.map(({ authorization }) => authorization))).toEqual(
      new Set(['Bearer netlify-token']),
    )
    await host().publish('site-1', { url: 'https://other.fly.dev', anonKey: jwt('anon') })
    expect(variables.get('VITE_SUPABASE_URL')).toBe('https://other.fly.dev')
    expect(requests.filter(({ url: path }) => path.endsWith('/builds'))).toHaveLength(2)
  })

  it.each([
    ['a service role key', { url, anonKey: jwt('service_role') }],
    ['a lease', { url, anonKey: jwt('hangar_lease_abc') }],
    ['a password', { url, anonKey: 'correct-horse-battery-staple' }],
    ['a key without a role', { url, anonKey: `a.${Buffer.from('{}').toString('base64url')}.c` }],
    ['an address with a password', { url: 'https://user:secret@example.com', anonKey: jwt('anon') }],
    ['a service role key as address', { url: jwt('service_role'), anonKey: jwt('anon') }],
    [
      'an address with a key behind it',
      { url: `${url}?apikey=${jwt('service_role')}`, anonKey: jwt('anon') },
    ],
    ['a database address', { url: 'postgres://postgres:pw@host/postgres', anonKey: jwt('anon') }],
  ])('is never sent %s: not one request is made', async (_what, values) => {
    await expect(host().publish('site-1', values)).rejects.toMatchObject({ code: 'HGR_NETLIFY_REFUSED' })
    expect(requests).toEqual([])
  })

  it('says what Netlify did not do, without its words or the token', async () => {
    failing = /builds/
    const error = await host()
      .publish('site-1', { url, anonKey: jwt('anon') })
      .catch(caught => caught)
    expect(error).toMatchObject({ code: 'HGR_NETLIFY_FAILED', status: 502 })
    expect(JSON.stringify(error)).not.toMatch(/canary|netlify-token/)
    const nowhere = createNetlify({ baseUrl: 'http://127.0.0.1:1', token: 'netlify-token' })
    await expect(nowhere.publish('site-1', { url, anonKey: jwt('anon') })).rejects.toMatchObject({
      code: 'HGR_NETLIFY_FAILED',
    })
  })
})
