import { spawn } from 'node:child_process'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { FakeClock } from '#kernel'
import { freePort } from '../../../test/support/ports.ts'
import { config, echo, promised, useGateways } from './testing/gateways.ts'

const { gateway, start, listen, upstream, get, closing } = useGateways()

describe('a service that fails', () => {
  it('in the middle of an answer on a kept connection ends the answer, and is not asked again', async () => {
    let asked = 0
    let broken: Socket | undefined
    const port = await gateway(
      config(
        await upstream((req, res) => {
          asked++
          if (asked !== 2) return res.end('ok')
          res.writeHead(200, { 'content-length': '100' })
          res.write('part')
          broken = req.socket
        }),
      ),
    )
    expect((await get(port, '/api/v1/x')).text).toBe('ok')
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/x`)
    broken?.resetAndDestroy()
    await expect(response.text()).rejects.toThrow()
    expect(asked).toBe(2)
    // And the gateway goes on.
    expect((await get(port, '/api/v1/x')).text).toBe('ok')
  })

  it('with a connection that it had closed meanwhile is asked again, but never twice to do something', async () => {
    const server = createServer(echo)
    let requests = 0
    server.on('request', () => requests++)
    const port = await gateway(config(await listen(server)))
    for (const [method, status] of [
      ['GET', 200],
      ['POST', 502],
    ] as const) {
      expect((await get(port, '/api/v1/x')).status).toBe(200)
      const before = requests
      // The request arrives on the kept connection, which then is reset unread.
      const seen = promised<void>()
      server.prependOnceListener('request', (req: IncomingMessage, res: ServerResponse) => {
        res.detachSocket(req.socket)
        req.socket.resetAndDestroy()
        seen.resolve()
      })
      const answer = await get(port, '/api/v1/x', {}, method)
      await seen.promise
      expect([method, answer.status, requests - before]).toEqual([method, status, status === 200 ? 2 : 1])
    }
  })

  it('to listen within the time is called unavailable', async () => {
    const clock = new FakeClock()
    const { port } = await start(config(await freePort()), { clock })
    let over = false
    const asked = get(port, '/api/v1/x').finally(() => {
      over = true
    })
    while (!over) {
      await clock.advance(50)
      await new Promise(resolve => setImmediate(resolve))
    }
    const answer = await asked
    expect([answer.status, answer.json().message]).toEqual([
      503,
      'The upstream server is currently unavailable',
    ])
  })

  it('to take a connection within connect_timeout is given up', async () => {
    // It listens and never accepts: once its queue is full, the system lets nobody in.
    const program = `const server = require('node:net').createServer()
      server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
        process.stdout.write(String(server.address().port), () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0))
      })`
    const busy = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
    const port = Number(await new Promise(resolve => busy.stdout.once('data', resolve)))
    const queue = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
    await new Promise(resolve => queue[0]?.once('connect', resolve))
    try {
      const through = await gateway(config(port).replace('routes:', 'connect_timeout: 60\n    routes:'))
      const answer = await get(through, '/api/v1/x')
      expect([answer.status, answer.json().message]).toEqual([504, 'The upstream server is timing out'])
    } finally {
      for (const socket of queue) socket.destroy()
      busy.kill('SIGKILL')
      await new Promise(resolve => busy.once('exit', resolve))
    }
  })

  it('to answer within read_timeout is given up', async () => {
    const port = await gateway(
      config(await upstream(() => undefined)).replace('routes:', 'read_timeout: 40\n    routes:'),
    )
    const answer = await get(port, '/api/v1/x')
    expect([answer.status, answer.json().message]).toEqual([504, 'The upstream server is timing out'])
  })

  it('to word its answer in HTTP is not passed on', async () => {
    const server = createServer()
    server.on('connection', (socket: Socket) => socket.end('HTTP/1.1 099 Odd\r\n\r\n'))
    const port = await gateway(config(await listen(server)))
    expect((await get(port, '/api/v1/x')).status).toBe(502)
  })

  it('to read all before it answers leaves the client’s connection usable', async () => {
    const port = await gateway(
      config(
        await upstream((req, res) => {
          if (req.method === 'GET') return res.end('next')
          res.writeHead(413, { connection: 'close' }).end('too large')
          req.resume()
        }),
      ),
    )
    const client = connect(port, '127.0.0.1')
    const body = Buffer.alloc(2_000_000, 'x')
    client.write(`POST /api/v1/x HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n`)
    client.write(body.subarray(0, 1000))
    let text = ''
    const rejected = promised<void>()
    const followed = promised<void>()
    client.setEncoding('utf8').on('data', chunk => {
      text += chunk
      if (text.includes('too large')) rejected.resolve()
      if (text.includes('next')) followed.resolve()
    })
    await rejected.promise
    client.write(body.subarray(1000))
    client.write('GET /api/v1/x HTTP/1.1\r\nhost: a\r\n\r\n')
    await followed.promise
    client.destroy()
    expect(text).toMatch(/^HTTP\/1\.1 413 /)
  })
})

describe('a WebSocket', () => {
  it('waits for a service that is not there yet', async () => {
    const later = await freePort()
    const port = await gateway(config(later))
    const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/ws`)
    const opened = promised<string>()
    socket.on('message', message => opened.resolve(String(message)))
    const server = createServer()
    new WebSocketServer({ server }).on('connection', peer => peer.send('hello'))
    await new Promise<void>(resolve => server.listen(later, '127.0.0.1', resolve))
    closing(server)
    expect(await opened.promise).toBe('hello')
    socket.terminate()
  })

  it('is told what the service says when it does not want one', async () => {
    const port = await gateway(config(await upstream((_req, res) => res.writeHead(403).end('no'))))
    const refused = await new Promise(resolve => {
      new WebSocket(`ws://127.0.0.1:${port}/api/v1/ws`).on('error', error => resolve(error.message))
    })
    expect(refused).toContain('403')
  })
})

describe('close', () => {
  it('lets requests finish, and cuts joined connections', async () => {
    const held = promised<ServerResponse>()
    const server = createServer((_req, res) => held.resolve(res))
    new WebSocketServer({ server }).on('connection', socket => socket.send('hello'))
    const { port, instance } = await start(config(await listen(server)))
    const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/ws`)
    const joined = promised<void>()
    const cut = promised<void>()
    socket.on('message', () => joined.resolve()).on('error', () => undefined)
    socket.on('close', () => cut.resolve())
    await joined.promise
    const asked = get(port, '/api/v1/x')
    const response = await held.promise
    const closed = instance.close(60_000)
    await cut.promise
    response.end('done')
    expect((await asked).text).toBe('done')
    await closed
  })

  it('cuts what is not finished within the grace', async () => {
    const held = promised<void>()
    const { port, instance } = await start(config(await upstream(() => held.resolve())))
    const asked = get(port, '/api/v1/x')
    const failed = expect(asked).rejects.toThrow()
    await held.promise
    await instance.close(1)
    await failed
  })

  it('cuts an answer that keeps coming', async () => {
    const { port, instance } = await start(
      config(
        await upstream((_req, res) => {
          const more = () => {
            while (!res.destroyed && res.write('more '));
          }
          res.on('drain', more).on('error', () => undefined)
          more()
        }),
      ),
    )
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/x`)
    const read = expect(response.text()).rejects.toThrow()
    await instance.close(1)
    await read
  })
})

describe('a body of any size', () => {
  it('passes without being kept in memory, even when the service reads slowly', async () => {
    const chunk = Buffer.alloc(1 << 20, 'x')
    const chunks = 256
    let received = 0
    const port = await gateway(
      config(
        await upstream(async (req, res) => {
          for await (const data of req) {
            received += (data as Buffer).length
            await new Promise(resolve => setImmediate(resolve))
          }
          res.end('all')
        }),
      ),
    )
    const memory = () => process.memoryUsage().arrayBuffers
    const before = memory()
    let highest = before
    const answer = await new Promise<string>((resolve, reject) => {
      const outgoing = request(
        { host: '127.0.0.1', port, method: 'POST', path: '/api/v1/x', agent: false },
        response => {
          let text = ''
          response
            .setEncoding('utf8')
            .on('data', part => {
              text += part
            })
            .on('end', () => resolve(text))
        },
      )
      outgoing.on('error', reject)
      let sent = 0
      const more = () => {
        while (sent < chunks) {
          highest = Math.max(highest, memory())
          sent++
          if (!outgoing.write(chunk)) {
            outgoing.once('drain', more)
            return
          }
        }
        outgoing.end()
      }
      more()
    })
    expect([answer, received]).toEqual(['all', chunks * chunk.length])
    expect(highest - before).toBeLessThan(96 << 20)
  })
})
