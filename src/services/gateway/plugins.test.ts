import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { FakeClock } from '#kernel'
import { config, echo, useGateways } from './testing/gateways.ts'

const { gateway, start, upstream, get } = useGateways()

/** A gateway with these plugins before a service that tells what it was asked. */
const withPlugins = async (plugins: string) => gateway(config(await upstream(echo), plugins))

describe('key-auth', () => {
  it('takes the key out of what goes upstream and leaves the rest of the query as it was written', async () => {
    const port = await withPlugins('{ name: key-auth, config: { hide_credentials: true } }')
    const hidden = (await get(port, '/api/v1/x?a=b%20c&apikey=admin-key&select=*,d(e)')).json()
    expect(hidden.url).toBe('/base/x?a=b%20c&select=*,d(e)')
    expect((await get(port, '/api/v1/x', { apikey: 'anon-key' })).json().headers.apikey).toBeUndefined()
  })

  it('tells the service who the consumer is, whatever the client says', async () => {
    const port = await withPlugins('{ name: key-auth }')
    const said = { 'x-consumer-username': 'root', 'x-consumer-custom-id': 'r', 'x-consumer-id': '1' }
    const { headers } = (await get(port, '/api/v1/x', { apikey: 'anon-key', ...said })).json()
    expect(headers['x-consumer-username']).toBe('anon')
    expect([headers['x-consumer-custom-id'], headers['x-consumer-id']]).toEqual([undefined, undefined])
    const admin = (await get(port, '/api/v1/x', { apikey: 'admin-key' })).json()
    expect(admin.headers['x-consumer-custom-id']).toBe('a1')
  })

  it('refuses two keys, and looks only where it may', async () => {
    const port = await withPlugins('{ name: key-auth, config: { key_in_header: false } }')
    expect((await get(port, '/api/v1/x', { apikey: 'anon-key' })).json().message).toBe(
      'No API key found in request',
    )
    expect((await get(port, '/api/v1/x?apikey=a&apikey=b')).json().message).toBe('Duplicate API key found')
  })
})

describe('basic-auth', () => {
  it('knows a consumer by name and password', async () => {
    const port = await withPlugins('{ name: basic-auth, config: { hide_credentials: true } }')
    const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
    const let_in = (await get(port, '/api/v1/x', basic('ann:secret'))).json().headers
    expect([let_in['x-consumer-username'], let_in.authorization]).toEqual(['anon', undefined])
    const none = await get(port, '/api/v1/x')
    expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="service"'])
    expect((await get(port, '/api/v1/x', basic('ann:wrong'))).status).toBe(401)
    expect((await get(port, '/api/v1/x', { authorization: 'Basic !' })).status).toBe(401)
  })
})

describe('jwt', () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const unsigned = (header: object, claims: object) => `${part(header)}.${part(claims)}`
  const hs256 = (claims: object, secret = 'shared', header = {}) => {
    const text = unsigned({ alg: 'HS256', ...header }, claims)
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
  }
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

  it('knows a consumer by its signature', async () => {
    const port = await withPlugins('{ name: jwt, config: { claims_to_verify: [exp, nbf] } }')
    const now = Math.floor(Date.now() / 1000)
    const good = { iss: 'issuer', exp: now + 60, nbf: now - 60 }
    const answer = async (token: string) => (await get(port, '/api/v1/x', bearer(token))).json()
    expect((await answer(hs256(good))).headers['x-consumer-username']).toBe('anon')
    expect((await get(port, `/api/v1/x?jwt=${hs256(good)}`)).status).toBe(200)
    expect(await answer(hs256({ ...good, exp: now - 1 }))).toEqual({ exp: 'token expired' })
    expect(await answer(hs256({ iss: 'issuer', exp: 'x', nbf: now + 60 }))).toEqual({
      exp: 'must be a number',
      nbf: 'token not valid yet',
    })
    expect((await get(port, '/api/v1/x')).json()).toEqual({ message: 'Unauthorized' })
    for (const [token, message] of [
      [hs256(good, 'other'), 'Invalid signature'],
      [hs256(good, 'shared', { alg: 'HS512' }), 'Invalid algorithm'],
      [`${unsigned({ alg: 'none' }, good)}.`, 'Invalid algorithm'],
      [hs256({ ...good, iss: 'nobody' }), "No credentials found for given 'iss'"],
      [hs256({ exp: now + 60 }), "No mandatory 'iss' in claims"],
      ['nonsense', 'Bad token; invalid JSON'],
    ])
      expect(await answer(String(token))).toEqual({ message })
  })

  it.each([
    ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }), {}],
    ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' }), { dsaEncoding: 'ieee-p1363' as const }],
  ])('checks %s with the public key', async (algorithm, { publicKey, privateKey }, options) => {
    const pem = JSON.stringify(publicKey.export({ type: 'spki', format: 'pem' }))
    const port = await gateway(
      config(await upstream(echo), '{ name: jwt }').replace(
        'secret: shared }',
        `algorithm: ${algorithm}, rsa_public_key: ${pem} }`,
      ),
    )
    const text = unsigned({ alg: algorithm }, { iss: 'issuer' })
    const signature = sign('sha256', Buffer.from(text), { key: privateKey, ...options })
    expect((await get(port, '/api/v1/x', bearer(`${text}.${signature.toString('base64url')}`))).status).toBe(
      200,
    )
    signature[10] = (signature[10] ?? 0) ^ 1
    expect((await get(port, '/api/v1/x', bearer(`${text}.${signature.toString('base64url')}`))).status).toBe(
      401,
    )
    // The public key is no shared secret.
    const forged = hs256({ iss: 'issuer' }, JSON.parse(pem))
    expect((await get(port, '/api/v1/x', bearer(forged))).json()).toEqual({ message: 'Invalid algorithm' })
  })
})

describe('acl', () => {
  it('shuts out the groups that are denied', async () => {
    const port = await withPlugins('{ name: key-auth }, { name: acl, config: { deny: [anon] } }')
    expect((await get(port, '/api/v1/x', { apikey: 'anon-key' })).status).toBe(403)
    const { headers } = (await get(port, '/api/v1/x', { apikey: 'admin-key' })).json()
    expect(headers['x-consumer-groups']).toBe('admin')
  })
})

describe('cors', () => {
  it('lets some origins in: by name, by host, by pattern', async () => {
    const port = await withPlugins(
      String.raw`{ name: cors, config: { credentials: true, max_age: 60, origins: ["https://a.example", "b.example", "https://.*\\.c\\.example"] } }`,
    )
    const allowed = async (origin: string) =>
      (await get(port, '/api/v1/x', { origin })).headers.get('access-control-allow-origin')
    for (const origin of ['https://a.example', 'http://b.example:3000', 'https://x.c.example'])
      expect(await allowed(origin)).toBe(origin)
    for (const origin of [
      'http://a.example',
      'https://axexample',
      'https://x.c.example.evil.example',
      'null',
    ])
      expect(await allowed(origin)).toBeNull()
    const preflight = await get(
      port,
      '/api/v1/x',
      { origin: 'https://a.example', 'access-control-request-method': 'PUT' },
      'OPTIONS',
    )
    expect([
      preflight.status,
      preflight.headers.get('access-control-max-age'),
      preflight.headers.get('access-control-allow-credentials'),
      preflight.headers.get('vary'),
    ]).toEqual([200, '60', 'true', 'Origin'])
  })

  it('is on refusals too, or a browser could not read them', async () => {
    const port = await withPlugins('{ name: cors }, { name: key-auth }')
    const refused = await get(port, '/api/v1/x', { origin: 'http://localhost:3000' })
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, '*'])
  })
})

describe('rate-limiting', () => {
  it('counts per consumer, together for all routes of a service, and forgets with the window', async () => {
    const clock = new FakeClock()
    const { port } = await start(
      config(
        await upstream(echo),
        '{ name: key-auth }, { name: rate-limiting, config: { minute: 2, policy: local } }',
      ).replace('[/api/v1/]', '[/api/v1/, /other/]'),
      { clock },
    )
    const ask = async (path: string, apikey: string) => (await get(port, path, { apikey })).status
    expect(await ask('/api/v1/x', 'anon-key')).toBe(200)
    expect(await ask('/other/x', 'anon-key')).toBe(200)
    const limited = await get(port, '/api/v1/x', { apikey: 'anon-key' })
    expect([limited.status, limited.json()]).toEqual([429, { message: 'API rate limit exceeded' }])
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await ask('/api/v1/x', 'admin-key')).toBe(200)
    await clock.advance(60_000)
    expect(await ask('/api/v1/x', 'anon-key')).toBe(200)
  })
})

describe('request-transformer', () => {
  it('removes, renames, replaces, adds and appends, in this order', async () => {
    const port = await withPlugins(`{ name: request-transformer, config: {
      remove: { headers: [x-gone], querystring: [gone] },
      rename: { headers: ["x-old:x-new"], querystring: ["old:new"] },
      replace: { headers: ["x-kept:replaced", "x-absent:never"] },
      add: { headers: ["x-added:1", "x-kept:never"], querystring: ["added:1"] },
      append: { headers: ["x-kept:more"] } } }`)
    const { url, headers } = (
      await get(port, '/api/v1/x?gone=1&old=2', { 'x-gone': '1', 'x-old': '2', 'x-kept': '3' })
    ).json()
    expect(url).toBe('/base/x?new=2&added=1')
    expect(headers).toMatchObject({ 'x-new': '2', 'x-kept': 'replaced, more', 'x-added': '1' })
    expect([headers['x-gone'], headers['x-old'], headers['x-absent']]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })
})

describe('an option that is not built', () => {
  it.each([
    ['{ name: key-auth, config: { key_in_body: true } }', /10:\d+.*key_in_body/],
    ['{ name: key-auth, config: { anonymous: someone } }', /anonymous/],
    ['{ name: rate-limiting, config: { minute: 1, policy: redis } }', /only "local" is available here/],
    ['{ name: rate-limiting }', /needs one of second, minute/],
    ['{ name: acl, config: { allow: [a], deny: [b] } }', /needs either allow or deny/],
    ['{ name: request-transformer, config: { add: { body: ["a:b"] } } }', /Unrecognized key: "body"/],
    [
      '{ name: request-transformer, config: { add: { headers: ["a:$(os.execute(1))"] } } }',
      /has an expression that is not understood here/,
    ],
    ['{ name: request-transformer, config: { add: { headers: ["a b:c"] } } }', /no header can be/],
    ['{ name: cors, config: { origins: ["(" ] } }', /is no regular expression/],
    ['{ name: key-auth, config: { kye_names: [a] } }', /kong\.yml:10:\d+: .*Unrecognized key: "kye_names"/],
    ['{ name: toString }', /the plugin toString is not available here/],
  ])('is an error at the start: %s', async (plugin, message) => {
    await expect(gateway(config(1, plugin))).rejects.toThrowError(message)
  })
})
