import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { asked, responseTo, textOf } from './testing/asked.ts'
import { config, echo, promised, useGateways } from './testing/gateways.ts'

const { gateway, upstream, rawService, get } = useGateways()

/** Answers every request with these bytes, and closes if told so. */
const saying = (answer: string, close = false) =>
  rawService((socket, text) => {
    if (!text.includes('\r\n\r\n')) return
    if (close) socket.end(answer, 'latin1')
    else socket.write(answer, 'latin1')
  })

describe('a request', () => {
  it('reaches its service with its head alone, and is answered before its body ends', async () => {
    const port = await gateway(
      config(
        await upstream(async (req, res) => {
          res.write('early ')
          let bytes = 0
          for await (const part of req) bytes += part.length
          res.end(String(bytes))
        }),
      ),
    )
    for (const headers of [{}, { 'content-length': '10' }]) {
      const outgoing = asked(port, { method: 'POST', headers })
      outgoing.flushHeaders()
      const response = await responseTo(outgoing)
      expect(String((await once(response, 'data'))[0])).toBe('early ')
      outgoing.write('01234')
      outgoing.end('56789')
      expect(await textOf(response)).toBe('10')
    }
  })

  it('that is small arrives whole, in one piece', async () => {
    const pieces: string[] = []
    const port = await gateway(
      config(
        await rawService((socket, text) => {
          pieces.push(text)
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
        }),
      ),
    )
    // Twice: on a connection that is made for it, and on one that was kept.
    for (const _ of [1, 2]) {
      await textOf(
        await responseTo(asked(port, { method: 'POST', headers: { 'content-length': 5 } }).end('hello')),
      )
      await textOf(
        await responseTo(
          asked(port, { method: 'POST', headers: { 'transfer-encoding': 'chunked' } }).end('hello'),
        ),
      )
    }
    expect(pieces.map(text => text.slice(text.indexOf('\r\n\r\n')))).toEqual(
      [1, 2].flatMap(() => ['\r\n\r\nhello', '\r\n\r\n5\r\nhello\r\n0\r\n\r\n']),
    )
  })

  it('keeps its length whatever a plugin says of it', async () => {
    let seen = ''
    const port = await gateway(
      config(
        await rawService((socket, text) => {
          seen += text
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
        }),
        '{ name: request-transformer, config: { replace: { headers: ["content-length:1", "connection:x-kept"] }, add: { headers: ["transfer-encoding:chunked"] }, remove: { headers: [host] } } }',
      ),
    )
    const outgoing = asked(port, { method: 'POST', headers: { 'content-length': 5, 'x-kept': 'yes' } })
    expect((await responseTo(outgoing.end('hello'))).statusCode).toBe(200)
    expect(seen).toContain('\r\ncontent-length: 5\r\n')
    expect(seen).toContain('\r\nx-kept: yes\r\n')
    expect(seen.match(/\r\nhost: /g)).toHaveLength(1)
    expect(seen).not.toMatch(/transfer-encoding|content-length: 1|connection/)
  })

  it('names its consumer in any script', async () => {
    const text = config(await upstream(echo), '{ name: key-auth }').replace(
      'username: admin',
      'username: Łódź',
    )
    const { headers } = (await get(await gateway(text), '/api/v1/x', { apikey: 'admin-key' })).json()
    expect(Buffer.from(headers['x-consumer-username'], 'latin1').toString()).toBe('Łódź')
  })

  it('whose client has left leaves its service too, before the answer and within it', async () => {
    for (const begun of [false, true]) {
      const heard = promised<Socket>()
      const port = await gateway(
        config(
          await upstream((req, res) => {
            if (begun) res.write('begun')
            heard.resolve(req.socket)
          }),
        ),
      )
      const outgoing = asked(port).on('error', () => undefined)
      outgoing.end()
      if (begun) await once(await responseTo(outgoing), 'data')
      const socket = await heard.promise
      const left = once(socket, 'close')
      outgoing.destroy()
      await left
    }
  })
})

describe('an answer', () => {
  it('passes with its head alone, as an event stream begins', async () => {
    const held = promised<ServerResponse>()
    const port = await gateway(
      config(
        await upstream((_req, res) => {
          res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
          held.resolve(res)
        }),
      ),
    )
    const response = await responseTo(asked(port).end())
    expect(response.headers['content-type']).toBe('text/event-stream')
    const service = await held.promise
    service.write('data: 1\n\n')
    expect(String((await once(response, 'data'))[0])).toBe('data: 1\n\n')
    service.end()
    expect(await textOf(response)).toBe('')
  })

  it('is preceded by its hints; that the service goes on is not told twice', async () => {
    const port = await gateway(
      config(
        await saying(
          'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
        ),
      ),
    )
    const outgoing = asked(port)
    const told: [number, unknown][] = []
    outgoing.on('information', ({ statusCode, headers }) => told.push([statusCode, headers['link']]))
    const response = await responseTo(outgoing.end())
    expect([await textOf(response), told]).toEqual(['ok', [[103, '</a.css>; rel=preload']]])
  })

  it.each([
    [
      'in chunks',
      '200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;a=b\r\nhe\r\n3\r\nllo\r\n0\r\nx-sum: 1\r\n\r\n',
      false,
    ],
    ['until the connection ends', '200 OK\r\n\r\nhello', true],
    [
      'of a given length, on a connection that ends',
      '200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello',
      true,
    ],
    ['of HTTP/1.0', '200\r\ncontent-length: 5\r\n\r\nhello', true],
  ])('%s is read whole', async (_, answer, close) => {
    const version = answer.startsWith('200\r\n') ? 'HTTP/1.0' : 'HTTP/1.1'
    const port = await gateway(config(await saying(`${version} ${answer}`, close)))
    for (const _again of [1, 2]) expect((await get(port, '/api/v1/x')).text).toBe('hello')
  })

  it.each([
    ['HEAD', '200 OK\r\ncontent-length: 5', 200, '5'],
    ['GET', '204 No Content', 204, null],
    ['GET', '304 Not Modified\r\ncontent-length: 5', 304, '5'],
  ])('without a body leaves the connection usable: %s, %s', async (method, head, status, length) => {
    const seen: number[] = []
    const port = await gateway(
      config(
        await rawService((socket, _text, connection) => {
          seen.push(connection)
          socket.write(`HTTP/1.1 ${head}\r\n\r\n`)
        }),
      ),
    )
    for (const _again of [1, 2]) {
      const response = await responseTo(asked(port, { method }).end())
      expect([response.statusCode, response.headers['content-length'] ?? null]).toEqual([status, length])
      expect(await textOf(response)).toBe('')
    }
    expect(seen).toEqual([1, 1])
  })

  it('that is longer than it says ends its connection, not the next answer', async () => {
    const seen: number[] = []
    const port = await gateway(
      config(
        await rawService((socket, _text, connection) => {
          seen.push(connection)
          socket.write(
            'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil',
          )
        }),
      ),
    )
    for (const _again of [1, 2]) expect((await get(port, '/api/v1/x')).text).toBe('ok')
    expect(seen).toEqual([1, 2])
  })

  it.each([
    ['what is no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: a\r\n\r\n'],
    ['a bare line feed', 'HTTP/1.1 200 OK\nx: y\r\n\r\n'],
    ['a head without an end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}`],
    ['a change of protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'],
  ])('with %s is called invalid', async (_, answer) => {
    const answered = await get(await gateway(config(await saying(answer))), '/api/v1/x')
    expect([answered.status, answered.json().message]).toEqual([
      502,
      'An invalid response was received from the upstream server',
    ])
  })

  it('that turns out malformed on its way breaks off, so that nobody takes it for whole', async () => {
    const answer = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\nnonsense\r\n'
    const port = await gateway(config(await saying(answer)))
    await expect(get(port, '/api/v1/x')).rejects.toThrow()
  })
})

describe('a client that', () => {
  it.each([
    ['is understood in two ways', 'GET /api/v1/x HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n', 400, 'Bad request'],
    [
      'says too much',
      `GET /api/v1/x HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`,
      494,
      'Request header or cookie too large',
    ],
  ])('%s hears so in the words of Kong', async (_, request, status, message) => {
    const client = connect(await gateway(config(await upstream(echo))), '127.0.0.1')
    client.write(request)
    let text = ''
    for await (const part of client.setEncoding('utf8')) text += part
    expect([/^HTTP\/1\.1 (\d+)/.exec(text)?.[1], JSON.parse(text.slice(text.indexOf('\r\n\r\n')))]).toEqual([
      String(status),
      { message },
    ])
  })

  it('sends a header twice that counts once has the first of them passed on', async () => {
    const client = connect(await gateway(config(await upstream(echo))), '127.0.0.1')
    client.write(
      'GET /api/v1/x HTTP/1.1\r\nhost: a\r\nauthorization: one\r\nauthorization: two\r\nx-a: 1\r\nx-a: 2\r\nconnection: close\r\n\r\n',
    )
    let text = ''
    for await (const part of client.setEncoding('utf8')) text += part
    expect(text).toContain('"authorization":"one"')
    expect(text).toContain('"x-a":"1, 2"')
  })

  it('sends one request after the other ahead of the answers gets them in order', async () => {
    const port = await gateway(config(await upstream((req, res) => res.end(req.url))))
    const client = connect(port, '127.0.0.1')
    const line = (name: string) => `GET /api/v1/${name} HTTP/1.1\r\nhost: a\r\n\r\n`
    client.write(`${line('a')}${line('b')}GET /api/v1/c HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)
    let text = ''
    for await (const part of client.setEncoding('utf8')) text += part
    expect(text.match(/\/base\/\w/g)).toEqual(['/base/a', '/base/b', '/base/c'])
  })
})
