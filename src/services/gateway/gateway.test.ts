import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { freePort } from '../../../test/support/ports.ts'
import { config, echo, useGateways } from './testing/gateways.ts'

const { gateway, listen, upstream, get, closing } = useGateways()

describe('routes', () => {
  it('lead to the service with the longest prefix, which is taken off', async () => {
    const port = await gateway(config(await upstream(echo)))
    expect((await get(port, '/api/v1/things?a=b')).json().url).toBe('/base/things?a=b')
    const missing = await get(port, '/nowhere')
    expect([missing.status, missing.json()]).toEqual([404, { message: 'no Route matched with those values' }])
    expect((await get(port, '/health')).status).toBe(200)
  })

  it('tell the service where the request came from', async () => {
    const port = await gateway(config(await upstream(echo)))
    const { headers } = (await get(port, '/api/v1/x')).json()
    expect(headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': `127.0.0.1:${port}`,
      'x-forwarded-prefix': '/api/v1/',
    })
  })
})

describe('plugins', () => {
  it('key-auth asks for a key and knows whose it is; acl lets groups pass', async () => {
    const plugins =
      '{ name: key-auth, config: { hide_credentials: true } }, { name: acl, config: { allow: [admin] } }'
    const port = await gateway(config(await upstream(echo), plugins))
    const none = await get(port, '/api/v1/x')
    expect([none.status, none.json().message, none.headers.get('www-authenticate')]).toEqual([
      401,
      'No API key found in request',
      'Key',
    ])
    expect((await get(port, '/api/v1/x', { apikey: 'wrong' })).json().message).toBe(
      'Invalid authentication credentials',
    )
    expect((await get(port, '/api/v1/x', { apikey: 'anon-key' })).status).toBe(403)
    const passed = (await get(port, '/api/v1/x?apikey=admin-key&a=1')).json()
    expect(passed.url).toBe('/base/x?a=1')
    expect(passed.headers).toMatchObject({ 'x-consumer-username': 'admin', 'x-consumer-groups': 'admin' })
    expect(passed.headers.apikey).toBeUndefined()
  })

  it('cors answers preflights before anything else is asked', async () => {
    const plugins = '{ name: key-auth }, { name: cors, config: { exposed_headers: [x-total-count] } }'
    const port = await gateway(config(await upstream(echo), plugins))
    const preflight = await get(
      port,
      '/api/v1/x',
      {
        origin: 'http://a',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'apikey',
      },
      'OPTIONS',
    )
    expect(preflight.status).toBe(200)
    expect(preflight.headers.get('access-control-allow-headers')).toBe('apikey')
    const answer = await get(port, '/api/v1/x', { origin: 'http://a', apikey: 'anon-key' })
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('access-control-expose-headers')).toBe('x-total-count')
  })

  it('request-transformer, rate-limiting and request-termination do what they say', async () => {
    const port = await gateway(
      config(
        await upstream(echo),
        '{ name: request-transformer, config: { add: { headers: ["x-a:b"] }, remove: { headers: [x-c] } } }, { name: rate-limiting, config: { hour: 2 } }',
      ),
    )
    const { headers } = (await get(port, '/api/v1/x', { 'x-c': 'd' })).json()
    expect([headers['x-a'], headers['x-c']]).toEqual(['b', undefined])
    expect((await get(port, '/api/v1/x')).status).toBe(200)
    const limited = await get(port, '/api/v1/x')
    expect([limited.status, limited.headers.get('x-ratelimit-remaining-Hour')]).toEqual([429, '0'])
    const ended = await gateway(
      config(1, '{ name: request-termination, config: { status_code: 501, message: not here } }'),
    )
    expect((await get(ended, '/api/v1/x')).json()).toEqual({ message: 'not here' })
  })
})

describe('streams', () => {
  it('pass in both directions, unchanged, and back-pressure with them', async () => {
    const port = await gateway(
      config(
        await upstream((req, res) => {
          const hash = createHash('sha256')
          req
            .on('data', chunk => hash.update(chunk))
            .on('end', () => res.end(Buffer.alloc(2_000_000, hash.digest('hex'))))
        }),
      ),
    )
    const body = Buffer.alloc(3_000_000, 'abc')
    const received = await new Promise<Buffer>((resolve, reject) => {
      const outgoing = request(
        { host: '127.0.0.1', port, method: 'POST', path: '/api/v1/x', agent: false },
        response => {
          const chunks: Buffer[] = []
          response.on('data', chunk => chunks.push(chunk)).on('end', () => resolve(Buffer.concat(chunks)))
        },
      )
      outgoing.on('error', reject)
      outgoing.end(body)
    })
    expect(received.equals(Buffer.alloc(2_000_000, createHash('sha256').update(body).digest('hex')))).toBe(
      true,
    )
  })

  it('join WebSockets, with the key in the query', async () => {
    const server = createServer()
    new WebSocketServer({ server }).on('connection', (socket, { url }) => socket.send(String(url)))
    const port = await gateway(
      config(await listen(server), '{ name: key-auth, config: { hide_credentials: true } }'),
    )
    const text = await new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/ws?apikey=anon-key`)
      socket.on('message', message => {
        socket.terminate()
        resolve(String(message))
      })
      socket.on('error', reject)
    })
    expect(text).toBe('/base/ws')
    const refused = await new Promise(resolve => {
      new WebSocket(`ws://127.0.0.1:${port}/api/v1/ws`).on('error', error => resolve(error.message))
    })
    expect(refused).toContain('401')
  })
})

describe('a service that', () => {
  it('starts with the gateway is waited for', async () => {
    const later = await freePort()
    const port = await gateway(config(later))
    const asked = get(port, '/api/v1/x')
    await new Promise<void>(resolve => {
      const probe = connect(port, '127.0.0.1', () => {
        probe.destroy()
        resolve()
      })
    })
    const server = createServer(echo)
    await new Promise<void>(resolve => server.listen(later, '127.0.0.1', resolve))
    closing(server)
    expect((await asked).status).toBe(200)
  })

  it('answers nonsense is not passed on', async () => {
    const port = await gateway(config(await upstream(req => req.socket.destroy())))
    const answer = await get(port, '/api/v1/x')
    expect([answer.status, answer.json().message]).toEqual([
      502,
      'An invalid response was received from the upstream server',
    ])
  })
})

describe('the configuration', () => {
  it('of a silo is read', async () => {
    const file = fileURLToPath(new URL('../../../stacks/devenv/kong.yml', import.meta.url))
    const text = readFileSync(file, 'utf8').replace(
      /http:\/\/devenv-\{client\}-\{app\}-\w+\.flycast:\d+/g,
      `http://127.0.0.1:${await upstream(echo)}`,
    )
    const port = await gateway(text)
    expect((await get(port, '/rest/v1/things')).status).toBe(401)
    expect((await get(port, '/rest/v1/things', { apikey: '{anon_key}' })).json().url).toBe('/things')
    expect((await get(port, '/auth/v1/verify?token=x')).json().url).toBe('/verify?token=x')
    expect((await get(port, '/storage/v1/object/x')).status).toBe(200)
    expect((await get(port, '/functions/v1/x')).status).toBe(501)
  })

  it('of a silo opens what reads, and nothing that writes, for the key of those who look', async () => {
    const file = fileURLToPath(new URL('../../../stacks/devenv/kong.yml', import.meta.url))
    const port = await gateway(
      readFileSync(file, 'utf8').replace(
        /http:\/\/devenv-\{client\}-\{app\}-\w+\.flycast:\d+/g,
        `http://127.0.0.1:${await upstream(echo)}`,
      ),
    )
    const ask = async (method: string, path: string, headers: Record<string, string>) =>
      (await fetch(`http://127.0.0.1:${port}${path}`, { method, headers })).status
    for (const key of ['{read_key}', '{anon_key}']) {
      const headers = { apikey: key, authorization: `Bearer ${key}` }
      const writes = key === '{anon_key}' ? 200 : 403
      expect(await ask('GET', '/rest/v1/things', headers)).toBe(200)
      expect(await ask('HEAD', '/rest/v1/things', headers)).toBe(200)
      expect(await ask('GET', '/storage/v1/object/a/b', headers)).toBe(200)
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        expect([method, await ask(method, '/rest/v1/things', headers)]).toEqual([method, writes])
        expect([method, await ask(method, '/storage/v1/object/a/b', headers)]).toEqual([method, writes])
      }
      // Storage looks at the token alone.
      expect(await ask('POST', '/storage/v1/object/a/b', { authorization: headers.authorization })).toBe(
        writes,
      )
      expect(await ask('POST', '/graphql/v1', headers)).toBe(writes)
      expect(await ask('POST', '/auth/v1/signup', headers)).toBe(writes)
    }
  })

  it.each([
    ['services: [', /kong\.yml:\d+:\d+/],
    [
      '_format_version: "2.1"\nservices:\n  - name: a\n    url: ftp://x',
      /kong\.yml:4:\d+: services\.0\.url: must be an http URL/,
    ],
    ['_format_version: "2.1"\nservices: []\nnonsense: 1', /kong\.yml/],
    [
      '_format_version: "2.1"\nservices:\n  - name: a\n    url: http://x\n    routes: [{ paths: [/] }]\n    plugins: [{ name: lua }]',
      /the plugin lua is not available here/,
    ],
  ])('that is wrong is refused with its place: %#', async (text, message) => {
    await expect(gateway(text)).rejects.toThrowError(message)
  })
})
