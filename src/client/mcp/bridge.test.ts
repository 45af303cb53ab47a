// biome-ignore-all lint/suspicious/noExplicitAny: messages are looked at field by field
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { bridgeMcp } from './bridge.ts'
import { headersFor } from './headers.ts'
import { linesOf } from './lines.ts'

let server: Server
afterEach(async () => {
  server?.closeAllConnections()
  await new Promise(resolve => (server?.listening ? server.close(resolve) : resolve(undefined)))
})

/** A bridge to an endpoint that answers as `answer` says. `next` is the next line that comes out. */
async function start(answer: (request: IncomingMessage, body: any, response: ServerResponse) => void) {
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    answer(request, JSON.parse(body), response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const input = new PassThrough()
  const output = new PassThrough()
  const out = linesOf(output, 1e6)
  const tokens: boolean[] = []
  const ended = bridgeMcp({
    input,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    async token(renew) {
      tokens.push(renew)
      return renew ? 'new' : 'old'
    },
    write: async line => void output.write(`${line}\n`),
  })
  return {
    ended,
    tokens,
    input,
    send: (message: object) => input.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`),
    next: async () => JSON.parse((await out.next()).value as string),
  }
}

const json = (response: ServerResponse, body: object, status = 200) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

describe('the bridge between stdio and HTTP', () => {
  it('passes a message with the headers that its revision wants', async () => {
    const seen: IncomingMessage['headers'][] = []
    const bridge = await start((request, body, response) => {
      seen.push(request.headers)
      json(response, { jsonrpc: '2.0', id: body.id, result: { protocolVersion: '2025-11-25' } })
    })
    bridge.send({ id: 1, method: 'initialize', params: {} })
    await bridge.next()
    bridge.send({ id: 2, method: 'tools/list' })
    await bridge.next()
    const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' }
    bridge.send({ id: 3, method: 'tools/call', params: { name: 'silo_status', _meta } })
    expect((await bridge.next()).id).toBe(3)
    expect(seen.map(headers => headers['mcp-protocol-version'])).toEqual([
      undefined,
      '2025-11-25',
      '2026-07-28',
    ])
    expect(seen[2]).toMatchObject({
      'mcp-method': 'tools/call',
      'mcp-name': 'silo_status',
      authorization: 'Bearer old',
    })
    bridge.input.end()
    await bridge.ended
  })

  it('passes each event of a stream as a message', async () => {
    const bridge = await start((_request, body, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(': keep\n\nevent: message\ndata: {"jsonrpc":"2.0","method":"notifications/pro')
      response.write('gress"}\n\n')
      response.end(`data: {"jsonrpc":"2.0",\ndata: "id":${body.id},"result":{}}\r\n\r\n`)
    })
    bridge.send({ id: 'a', method: 'tools/call', params: { name: 'x' } })
    // An id that is text stays text.
    expect((await bridge.next()).method).toBe('notifications/progress')
    bridge.input.end()
  })

  it('gets another token when one is refused, once', async () => {
    const bridge = await start((request, body, response) =>
      request.headers.authorization === 'Bearer new'
        ? json(response, { jsonrpc: '2.0', id: body.id, result: {} })
        : json(response, { jsonrpc: '2.0', error: { code: -32_000, message: 'no' } }, 401),
    )
    bridge.send({ id: 1, method: 'tools/list' })
    expect(await bridge.next()).toEqual({ jsonrpc: '2.0', id: 1, result: {} })
    expect(bridge.tokens).toEqual([false, true])
  })

  it('answers for a desk that is not there, with what to do', async () => {
    const bridge = await start((_request, _body, response) => void response.destroy())
    bridge.send({ id: 1, method: 'tools/list' })
    const { id, error } = await bridge.next()
    expect([id, error.message]).toEqual([1, expect.stringMatching(/does not answer.*hangar up/)])
  })

  it('gives a request up when it is cancelled, and goes on with others', async () => {
    let left: Promise<unknown> | undefined
    const arrived = new Promise<void>(resolve => {
      void start((request, body, response) => {
        if (body.id !== 1) return json(response, { jsonrpc: '2.0', id: body.id, result: {} })
        left = new Promise(done => request.socket.once('close', done))
        resolve()
      }).then(made => {
        bridge = made
        made.send({ id: 1, method: 'tools/call', params: { name: 'slow' } })
      })
    })
    let bridge: Awaited<ReturnType<typeof start>> | undefined
    await arrived
    bridge?.send({ method: 'notifications/cancelled', params: { requestId: 1 } })
    await left
    bridge?.send({ id: 2, method: 'tools/list' })
    expect((await bridge?.next())?.id).toBe(2)
  })

  it('says what is wrong with a line, and goes on', async () => {
    const bridge = await start((_request, body, response) =>
      json(response, { jsonrpc: '2.0', id: body.id, result: {} }),
    )
    bridge.input.write('not json\n[]\n\n')
    expect((await bridge.next()).error.code).toBe(-32_700)
    expect((await bridge.next()).error.code).toBe(-32_600)
    bridge.input.write(`"${'x'.repeat(4 * 1024 * 1024)}"\n`)
    expect((await bridge.next()).error.code).toBe(-32_700)
    bridge.send({ id: 2, method: 'ping' })
    expect((await bridge.next()).id).toBe(2)
    bridge.input.end()
    await bridge.ended
  })
})

describe('headers of a message', () => {
  it('carry what is not plain in the Base64 form', () => {
    const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' }
    const name = (value: string) =>
      headersFor({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: value, _meta } }, undefined)[
        'mcp-name'
      ]
    expect(name('silo_status')).toBe('silo_status')
    expect(name('größe')).toBe(`=?base64?${Buffer.from('größe').toString('base64')}?=`)
    expect(name('a\r\nx: y')).toMatch(/^=\?base64\?/)
    expect(name(' a')).toMatch(/^=\?base64\?/)
  })
})
