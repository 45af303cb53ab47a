import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../../test/support/ports.ts'
import { config, echo, useGateways } from './testing/gateways.ts'

const { gateway, start, listen, upstream, get } = useGateways()

describe('routes', () => {
  const named = async (routes: string, format = '3.0', services = '') => {
    const service = (name: string) =>
      upstream((req, res) => res.end(JSON.stringify({ name, url: req.url, headers: req.headers })))
    const [one, two] = [await service('one'), await service('two')]
    return gateway(`_format_version: "${format}"
services:
  - { name: one, url: "http://127.0.0.1:${one}/one" }
  - { name: two, url: "http://127.0.0.1:${two}/two", ${services} }
routes:
${routes}`)
  }
  const where = async (port: number, path: string, headers = {}, method = 'GET') => {
    const answer = (await get(port, path, headers, method)).json()
    return `${answer.name ?? answer.message} ${answer.url ?? ''}`.trim()
  }

  it('compare paths with expressions, which go before prefixes, the higher priority first', async () => {
    const port = await named(`  - { service: one, paths: ["/things"] }
  - { service: two, paths: ['~/things/(?<id>\\d+)$'], strip_path: false }
  - { service: one, paths: ['~/things/\\d+/x'], regex_priority: 1 }`)
    expect(await where(port, '/things/a')).toBe('one /one/a')
    expect(await where(port, '/things/12')).toBe('two /two/things/12')
    expect(await where(port, '/things/12/x/y')).toBe('one /one/y')
  })

  it('read paths of older formats as expressions where they look so', async () => {
    const port = await named("  - { service: two, paths: ['/v\\d+/'] }", '2.1')
    expect(await where(port, '/v12/a')).toBe('two /two/a')
    await expect(named("  - { service: one, paths: ['~/(?!<a'] }")).rejects.toThrowError(
      /kong\.yml:\d+:\d+: .*no regular expression/,
    )
  })

  it('compare headers, and may be about nothing but a method', async () => {
    const port = await named(`  - { service: one, methods: [GET] }
  - { service: two, methods: [GET], headers: { x-version: ["2", "3"] } }`)
    expect(await where(port, '/any/path')).toBe('one /one/any/path')
    expect(await where(port, '/any', { 'x-version': '3' })).toBe('two /two/any')
    expect(await where(port, '/any', {}, 'POST')).toBe('no Route matched with those values')
  })

  it('join paths in both ways of Kong', async () => {
    const port = await named(`  - { service: one, paths: ["/v0"] }
  - { service: one, paths: ["/v1"], path_handling: v1 }`)
    expect(await where(port, '/v0req')).toBe('one /one/req')
    expect(await where(port, '/v1req')).toBe('one /onereq')
    expect(await where(port, '/v1/req')).toBe('one /one/req')
  })

  it('for https alone tell so, or lead there, unless a trusted proxy has seen to it', async () => {
    const service = await upstream(echo)
    const text = (code: string) => `_format_version: "3.0"
services:
  - name: s
    url: http://127.0.0.1:${service}
    routes: [{ paths: [/], protocols: [https], ${code} }]`
    const told = await get(await gateway(text('')), '/a')
    expect([told.status, told.json()]).toEqual([426, { message: 'Please use HTTPS protocol' }])
    const trusting = await start(text('https_redirect_status_code: 308'), {
      env: { KONG_TRUSTED_IPS: '127.0.0.0/8' },
    })
    const led = await fetch(`http://127.0.0.1:${trusting.port}/a?b=c`, { redirect: 'manual' })
    expect([led.status, led.headers.get('location')]).toEqual([308, 'https://127.0.0.1/a?b=c'])
    expect((await get(trusting.port, '/a', { 'x-forwarded-proto': 'https' })).status).toBe(200)
  })

  it('that match nothing, or services that are not there, are errors with their place', async () => {
    await expect(named('  - { service: one }')).rejects.toThrowError(/must set one of 'methods'/)
    await expect(named('  - { service: three, paths: [/] }')).rejects.toThrowError(
      /:6:\d+: .*no service three/,
    )
  })
})

describe('upstreams', () => {
  it('share requests by weight, and leave out what cannot be reached', async () => {
    const at = (name: string) => upstream((_req, res) => res.end(name))
    const port = await gateway(`_format_version: "3.0"
upstreams:
  - name: pair
    targets: [{ target: "127.0.0.1:${await at('a')}", weight: 200 }, { target: "127.0.0.1:${await at('b')}" }]
  - name: half
    targets: [{ target: "127.0.0.1:${await freePort()}" }, { target: "127.0.0.1:${await at('c')}" }]
services:
  - { name: pair, host: pair, routes: [{ paths: [/pair] }] }
  - { name: half, host: half, routes: [{ paths: [/half] }] }`)
    const asked = async (path: string, times: number) => {
      const answers: string[] = []
      for (let i = 0; i < times; i++) answers.push((await get(port, path)).text)
      return answers.sort().join('')
    }
    expect(await asked('/pair', 6)).toBe('aaaabb')
    expect(await asked('/half', 4)).toBe('cccc')
  })
})

describe('where a request came from', () => {
  it('is told by a trusted proxy, and by nobody else', async () => {
    const text = config(
      await upstream(echo),
      '{ name: ip-restriction, config: { allow: [10.0.0.0/8, 127.0.0.1] } }',
    )
    const said = { 'x-forwarded-for': '1.1.1.1', 'fly-client-ip': '10.1.2.3', 'x-forwarded-proto': 'https' }
    const strict = (await get(await gateway(text), '/api/v1/x', said)).json().headers
    expect([strict['x-real-ip'], strict['x-forwarded-proto']]).toEqual(['127.0.0.1', 'http'])
    const env = { KONG_TRUSTED_IPS: '127.0.0.1,::1', KONG_REAL_IP_HEADER: 'Fly-Client-IP' }
    const { port } = await start(text, { env })
    const trusted = (await get(port, '/api/v1/x', said)).json().headers
    expect([trusted['x-real-ip'], trusted['x-forwarded-proto']]).toEqual(['10.1.2.3', 'https'])
    const refused = await get(port, '/api/v1/x', { 'fly-client-ip': '192.0.2.1' })
    expect([refused.status, refused.json()]).toEqual([403, { message: 'IP address not allowed: 192.0.2.1' }])
  })
})

describe('request-size-limiting', () => {
  const post = async (port: number, init: RequestInit) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/x`, { method: 'POST', ...init })
    return [answer.status, await answer.text()]
  }

  it('refuses by what is said and by what comes', async () => {
    const limit = '{ name: request-size-limiting, config: { allowed_payload_size: 1, size_unit: kilobytes } }'
    const port = await gateway(config(await upstream(echo), limit))
    const refusal = [413, '{"message":"Request size limit exceeded"}']
    expect(await post(port, { body: 'x'.repeat(1025) })).toEqual(refusal)
    expect((await post(port, { body: 'x'.repeat(1024) }))[0]).toBe(200)
    const chunks = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 40; i++) controller.enqueue(new Uint8Array(100))
        controller.close()
      },
    })
    expect(await post(port, { body: chunks, duplex: 'half' } as RequestInit)).toEqual(refusal)
    const strict = '{ name: request-size-limiting, config: { require_content_length: true } }'
    const other = await gateway(config(await upstream(echo), strict))
    expect((await post(other, { body: new Blob(['x']).stream(), duplex: 'half' } as RequestInit))[0]).toBe(
      411,
    )
  })
})

describe('an anonymous consumer', () => {
  it('stands for whoever cannot be let in, and two ways in stand side by side', async () => {
    const plugins = `{ name: key-auth, config: { anonymous: anon } }, { name: basic-auth, config: { anonymous: anon } }`
    const port = await gateway(config(await upstream(echo), plugins))
    const who = async (headers = {}) => {
      const { headers: seen } = (await get(port, '/api/v1/x', headers)).json()
      return [seen['x-consumer-username'], seen['x-anonymous-consumer']]
    }
    expect(await who()).toEqual(['anon', 'true'])
    expect(await who({ apikey: 'admin-key' })).toEqual(['admin', undefined])
    const basic = { authorization: `Basic ${Buffer.from('ann:secret').toString('base64')}` }
    expect(await who(basic)).toEqual(['anon', undefined])
    await expect(
      gateway(config(1, '{ name: key-auth, config: { anonymous: nobody } }')),
    ).rejects.toThrowError(/there is no nobody/)
  })
})

describe('prometheus and http-log', () => {
  it('tell of every request, also of those that other plugins end, and of no credential', async () => {
    const entries: {
      request: { headers: object; uri: string }
      response: { status: number; size: number; headers: object }
    }[] = []
    const log = await listen(
      createServer((req, res) => {
        let text = ''
        req.on('data', chunk => {
          text += chunk
        })
        req.on('end', () => {
          entries.push(JSON.parse(text))
          res.end()
        })
      }),
    )
    const plugins = `{ name: key-auth }, { name: prometheus, config: { per_consumer: true, status_code_metrics: true, latency_metrics: true } },
      { name: http-log, config: { http_endpoint: "http://127.0.0.1:${log}/log" } }`
    const env = { KONG_STATUS_LISTEN: '127.0.0.1:8100' }
    const { port, instance } = await start(config(await upstream(echo), plugins), { env })
    await get(port, '/api/v1/x?apikey=admin-key')
    await get(port, '/api/v1/x')
    await expect.poll(() => entries.length).toBe(2)
    expect(entries.map(({ response }) => response.status)).toEqual([200, 401])
    expect(JSON.stringify(entries)).not.toContain('admin-key')
    expect(entries[0]).toMatchObject({
      consumer: { username: 'admin' },
      service: { name: 'api' },
      route: { name: 'api' },
      response: { size: expect.any(Number), headers: { via: 'kong/hangar' } },
    })
    expect(entries[0]?.response.size).toBeGreaterThan(50)
    const handler = instance.others?.get(8100)
    if (!handler) throw new Error('no status listener')
    const metrics = await get(await listen(createServer(handler)), '/metrics')
    expect(metrics.text).toContain(
      'kong_http_requests_total{service="api",route="api",code="200",source="service",consumer="admin"} 1',
    )
    expect(metrics.text).toContain('code="401",source="kong",consumer=""} 1')
    expect(metrics.text).toMatch(/kong_request_latency_ms_bucket\{service="api",route="api",le="\+Inf"\} 2/)
    expect(metrics.text).toContain('kong_nginx_requests_total 2')
  })
})

describe("Supabase's own configurations", () => {
  it('in the open form of the local command line, need no key and add the anonymous token', async () => {
    const service = await upstream(echo)
    const port = await gateway(`_format_version: "1.1"
services:
  - name: rest-v1
    _comment: "PostgREST"
    url: http://127.0.0.1:${service}/
    routes: [{ name: rest-v1-all, strip_path: true, paths: [/rest/v1/] }]
    plugins:
      - name: cors
      - name: request-transformer
        config: { add: { headers: ["Authorization: Bearer anon"] } }
  - name: realtime-v1-ws
    url: http://127.0.0.1:${service}/socket
    protocol: ws
    routes: [{ name: realtime-v1-ws, paths: [/realtime/v1/] }]`)
    expect((await get(port, '/rest/v1/x')).json().headers.authorization).toBe('Bearer anon')
    const mine = { authorization: 'Bearer mine' }
    expect((await get(port, '/rest/v1/x', mine)).json().headers.authorization).toBe('Bearer mine')
    expect((await get(port, '/realtime/v1/x')).json().url).toBe('/socket/x')
  })

  it('answer as Kong does, latencies included', async () => {
    const port = await gateway(config(await upstream(echo)))
    const passed = await get(port, '/api/v1/x')
    expect(passed.headers.get('x-kong-upstream-latency')).toMatch(/^\d+$/)
    expect(passed.headers.get('x-kong-proxy-latency')).toMatch(/^\d+$/)
    const own = await get(port, '/nowhere')
    expect([own.headers.get('server'), own.headers.get('x-kong-response-latency')]).toEqual([
      'kong/hangar',
      expect.stringMatching(/^\d+$/),
    ])
  })
})
