import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { raw } from './testing/raw.ts'
import { type CallOptions, EdgeWorld } from './testing/world.ts'

let world: EdgeWorld
beforeEach(async () => {
  world = await new EdgeWorld().start()
})
afterEach(() => world.stop())

const host = { host: 'shop.localhost' }

const call = (options: CallOptions) => world.call(options)

describe('routing', () => {
  it('finds the app by its name in Host, under .localhost and .fly.dev', async () => {
    const address = await world.http((req, res) => res.end(`${req.method} ${req.url} ${req.headers.host}`))
    world.app('shop', [{ address }])
    expect((await call({ path: '/a?b=1' })).body).toBe('GET /a?b=1 shop.localhost')
    expect((await call({ headers: { host: 'shop.fly.dev' } })).body).toBe('GET / shop.fly.dev')
    expect(await call({ headers: { host: 'other.localhost' } })).toMatchObject({ status: 404 })
    expect(await call({ headers: { host: 'example.com' } })).toMatchObject({ status: 404 })
  })

  it('does not show private apps by name, but serves them at their door', async () => {
    const address = await world.http((_req, res) => res.end('private'))
    const door = (await world.http(() => {})).server
    const port = (door.address() as { port: number }).port
    await new Promise(resolve => door.close(resolve))
    world.app('shop', [{ address }], { door: port }, { public: false })
    expect((await call({})).status).toBe(404)
    await expect
      .poll(() =>
        call({ port, headers: { host: 'whatever' } }).then(
          r => r.body,
          () => '',
        ),
      )
      .toBe('private')
  })

  it('adds what Fly adds and lets nobody pretend to be the edge', async () => {
    const address = await world.http((req, res) => {
      res.setHeader('keep-alive', 'timeout=5')
      res.end(JSON.stringify(req.headers))
    })
    world.app('shop', [{ address }])
    const answer = await call({
      headers: {
        'fly-client-ip': '6.6.6.6',
        'x-forwarded-for': '9.9.9.9',
        'x-secret': 's',
        connection: 'x-secret',
      },
    })
    const seen = JSON.parse(answer.body)
    expect(seen).toMatchObject({
      'fly-client-ip': '127.0.0.1',
      'fly-region': 'iad',
      'x-forwarded-for': '9.9.9.9, 127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-ssl': 'off',
      via: '1.1 fly.io',
    })
    expect(seen['x-secret']).toBeUndefined()
    expect(answer.headers['fly-request-id']).toMatch(/-local$/)
    expect(answer.headers['via']).toBe('1.1 fly.io')
  })

  it('sends each request to the least loaded machine, past the soft limit only when all are, past the hard limit never', async () => {
    const waiting: (() => void)[] = []
    const upstream = (name: string) => world.http((_req, res) => waiting.push(() => res.end(name)))
    const [a, b] = [await upstream('a'), await upstream('b')]
    world.app('shop', [{ address: a }, { address: b }], {
      concurrency: { type: 'requests', softLimit: 1, hardLimit: 2 },
    })
    const calls = [1, 2, 3, 4, 5].map(() => call({}))
    await expect.poll(() => waiting.length).toBe(4)
    for (const answer of waiting.splice(0)) answer()
    await expect.poll(() => waiting.length).toBe(1)
    waiting.pop()?.()
    const bodies = (await Promise.all(calls)).map(({ body }) => body)
    expect(bodies.filter(body => body === 'a').length).toBeGreaterThanOrEqual(2)
    expect(bodies.filter(body => body === 'b').length).toBeGreaterThanOrEqual(2)
  })

  it('gives fly-force-instance-id its machine, and refuses one that is not there', async () => {
    const address = await world.http((_req, res) => res.end('a'))
    const other = await world.http((_req, res) => res.end('b'))
    world.app('shop', [{ address }, { address: other }])
    for (let i = 0; i < 4; i++)
      expect((await call({ headers: { 'fly-force-instance-id': 'shop1' } })).body).toBe('b')
    expect((await call({ headers: { 'fly-force-instance-id': 'nope' } })).status).toBe(503)
  })

  it('does not route to cordoned or unhealthy machines', async () => {
    const address = await world.http((_req, res) => res.end('good'))
    world.app('shop', [{ cordoned: true }, { healthy: false }, { address }])
    for (let i = 0; i < 4; i++) expect((await call({})).body).toBe('good')
  })
})

describe('hold and wake', () => {
  it('holds requests while the app wakes, once for all of them, then forwards them with their bodies', async () => {
    const address = await world.http((req, res) => {
      let body = ''
      req.on('data', chunk => (body += chunk)).on('end', () => res.end(body))
    })
    world.app('shop', [{ address, state: 'stopped' }])
    let wake = () => {}
    const woken = new Promise<void>(resolve => {
      wake = resolve
    })
    world.onWake = async app => {
      await woken
      world.setState(app, 'started')
    }
    const calls = [1, 2, 3].map(n => call({ method: 'POST', body: `body ${n}` }))
    await expect.poll(() => world.edge.stats.held).toBe(3)
    expect(world.wakes).toHaveLength(1)
    wake()
    expect((await Promise.all(calls)).map(({ body }) => body)).toEqual(['body 1', 'body 2', 'body 3'])
    expect(world.wakes[0]?.cause).toMatchObject({
      door: 'http',
      client: '127.0.0.1',
      path: expect.stringMatching('^/'),
    })
  })

  it('says why when the wake fails, with Retry-After and a cause for programs', async () => {
    world.app('shop', [{ state: 'stopped' }])
    world.onWake = () => Promise.reject(new Error('no such program'))
    const answer = await call({})
    expect(answer).toMatchObject({
      status: 503,
      headers: { 'retry-after': '2', 'hangar-cause': 'HGR_EDGE_WAKE' },
    })
    expect(JSON.parse(answer.body).message).toContain('no such program')
  })

  it('gives up at the deadline', async () => {
    await world.stop()
    world = await new EdgeWorld().start({ holdMs: 50 })
    world.app('shop', [{ state: 'stopped' }])
    world.onWake = () => new Promise(() => {})
    expect(await call({})).toMatchObject({
      status: 503,
      headers: { 'hangar-cause': 'HGR_EDGE_WAKE_TIMEOUT' },
    })
  })

  it('refuses at once when nothing may be started', async () => {
    world.app('shop', [{ state: 'stopped' }], { autostart: false })
    expect(await call({})).toMatchObject({ status: 503, headers: { 'hangar-cause': 'HGR_EDGE_NO_MACHINE' } })
    expect(world.wakes).toEqual([])
  })

  it('answers 502 when the machine dies without an answer', async () => {
    const address = await world.tcp(socket => socket.on('data', () => socket.destroy()))
    world.app('shop', [{ address }])
    expect(await call({})).toMatchObject({ status: 502, headers: { 'hangar-cause': 'HGR_EDGE_UPSTREAM' } })
  })

  it('sends a request again when the kept connection had gone stale', async () => {
    const address = await world.http((_req, res) => res.end('ok'))
    world.app('shop', [{ address }])
    expect((await call({})).body).toBe('ok')
    address.server.closeIdleConnections()
    expect((await call({})).body).toBe('ok')
  })

  it('tells when activity begins and ends', async () => {
    const address = await world.http((_req, res) => res.end('ok'))
    world.app('shop', [{ address }])
    await call({})
    expect(world.activity).toEqual(['shop began http', 'shop ended'])
  })
})

describe('streams', () => {
  it('passes bodies of any size in both directions, chunked or not, unchanged', async () => {
    const address = await world.http((req, res) => {
      const hash = createHash('sha256')
      req.on('data', chunk => hash.update(chunk))
      req.on('end', () => {
        const body = Buffer.alloc(3_000_000, hash.digest('hex'))
        if (req.url === '/length') res.setHeader('content-length', body.length)
        res.end(body)
      })
    })
    world.app('shop', [{ address }])
    const body = Buffer.alloc(5_000_000, 'abcdefg')
    const expected = Buffer.alloc(3_000_000, createHash('sha256').update(body).digest('hex')).toString(
      'latin1',
    )
    for (const [path, headers] of [
      ['/length', { 'content-length': String(body.length) }],
      ['/chunked', { 'transfer-encoding': 'chunked' }],
    ] as const) {
      const answer = await call({ method: 'POST', path, headers, body })
      expect(answer.body === expected).toBe(true)
    }
  })

  it('shows server-sent events as they come', async () => {
    let send = (_text: string) => {}
    const address = await world.http((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.flushHeaders()
      send = text => res.write(text)
    })
    world.app('shop', [{ address }])
    const text = raw(world.edge.httpPort, 'GET /events HTTP/1.1\r\nhost: shop.localhost\r\n\r\n', seen => {
      if (seen.includes('\r\n\r\n') && !seen.includes('data: 1')) send('data: 1\n\n')
      return seen.includes('data: 1')
    })
    expect(await text).toContain('data: 1')
  })

  it('does not read faster than the other side takes', async () => {
    let received = 0
    const address = await world.tcp(socket => {
      socket.once('data', chunk => {
        received += chunk.length
        socket.pause()
      })
    })
    world.app('shop', [{ address }])
    const before = process.memoryUsage().arrayBuffers
    let sent = 0
    const outgoing = request({
      host: '127.0.0.1',
      port: world.edge.httpPort,
      method: 'PUT',
      headers: { ...host, 'content-length': 2 ** 31 },
      agent: false,
    })
    outgoing.on('error', () => {})
    const chunk = Buffer.alloc(1024 * 1024)
    while (outgoing.write(chunk)) sent += chunk.length
    await expect.poll(() => received).toBeGreaterThan(0)
    for (let i = 0; i < 50 && outgoing.writableLength < 64 * 1024 * 1024; i++) {
      outgoing.write(chunk)
      await new Promise(resolve => setImmediate(resolve))
    }
    outgoing.destroy()
    expect(sent).toBeLessThan(2 ** 31)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200 * 1024 * 1024)
  })

  it('answers 100-continue itself and passes early hints on', async () => {
    const address = await world.http((req, res) => {
      res.writeEarlyHints({ link: '</a.css>; rel=preload' })
      req.resume().on('end', () => res.end('done'))
    })
    world.app('shop', [{ address }])
    const text = await raw(
      world.edge.httpPort,
      'POST / HTTP/1.1\r\nhost: shop.localhost\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n',
      (seen, write) => {
        if (seen.endsWith('100 Continue\r\n\r\n')) write('ok')
        return seen.includes('done')
      },
    )
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\n/)
    expect(text).toContain('HTTP/1.1 103')
    expect(text).toContain('Link: </a.css>')
    expect(text).toContain('200 OK')
  })

  it('answers a client that has closed its sending side behind a whole request', async () => {
    const address = await world.http((_req, res) => res.end('answered'))
    world.app('shop', [{ address, state: 'stopped' }])
    const text = await raw(
      world.edge.httpPort,
      'GET / HTTP/1.1\r\nhost: shop.localhost\r\n\r\n',
      undefined,
      true,
    )
    expect(text).toMatch(/^HTTP\/1\.1 200 [\s\S]*answered$/)
  })

  it('serves pipelined requests in their order, and HTTP/1.0', async () => {
    const address = await world.http((req, res) => res.end(req.url))
    world.app('shop', [{ address }])
    const one = (path: string) => `GET ${path} HTTP/1.1\r\nhost: shop.localhost\r\n\r\n`
    const text = await raw(world.edge.httpPort, one('/p1') + one('/p2') + one('/p3'), seen =>
      seen.includes('/p3'),
    )
    expect([...text.matchAll(/\/p\d/g)].map(String)).toEqual(['/p1', '/p2', '/p3'])
    const chunked = await world.http((_req, res) => {
      res.write('in ')
      res.end('chunks')
    })
    world.app('chunks', [{ address: chunked }])
    const unwrapped = await raw(world.edge.httpPort, 'GET / HTTP/1.0\r\nhost: chunks.localhost\r\n\r\n')
    expect(unwrapped).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nin chunks$/)
    const old = await raw(world.edge.httpPort, 'GET /old HTTP/1.0\r\nhost: shop.localhost\r\n\r\n')
    expect(old).toMatch(/connection: close[\s\S]*\/old$/i)
    expect(old).not.toMatch(/chunked/i)
  })
})
