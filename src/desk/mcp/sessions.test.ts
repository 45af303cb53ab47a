import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FakeClock, silentLog } from '#kernel'
import { type IdentityServer, startIdentity } from '../testing/identity.ts'
import { createMcpFace } from './face.ts'

const clock = new FakeClock()
let server: IdentityServer
let tokens: [string, string]
beforeAll(async () => {
  server = await startIdentity({
    perform: async () => [],
    faces: [createMcpFace({ version: '1.2.3', log: silentLog, clock })],
  })
  tokens = [await newToken('one'), await newToken('two')]
})
afterAll(() => server[Symbol.asyncDispose]())

async function newToken(name: string): Promise<string> {
  const { agents } = server.identity
  await agents.register({ name, role: 'devops', silos: ['*'] })
  return agents.addStaticToken(name, null).token
}

interface Ask {
  readonly session?: string | null
  readonly token?: string
  readonly method?: string
}
const ask = (message: unknown, { session, token = tokens[0], method = 'POST' }: Ask = {}) =>
  fetch(`${server.origin}/mcp`, {
    method,
    headers: {
      'content-type': 'application/json',
      accept: method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream',
      authorization: `Bearer ${token}`,
      ...(session ? { 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' } : {}),
    },
    ...(method === 'POST' ? { body: JSON.stringify(message) } : {}),
  })
const request = (method: string, params: object = {}, id: unknown = 1) => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
})
const initialize = (capabilities: object) =>
  request('initialize', {
    protocolVersion: '2025-11-25',
    capabilities,
    clientInfo: { name: 'test', version: '1' },
  })
const tools = request('tools/list')

async function begin(capabilities: object = { elicitation: {} }, token = tokens[0]): Promise<string | null> {
  const response = await ask(initialize(capabilities), { token })
  expect(response.status).toBe(200)
  expect(await response.text()).toContain('"protocolVersion":"2025-11-25"')
  return response.headers.get('mcp-session-id')
}
const statusOf = async (given: Ask) => {
  const response = await ask(tools, given)
  const text = await response.text()
  if (response.status === 200) expect(text).toContain('list_silos')
  return response.status
}

describe('a session of 2025-11-25', () => {
  it('is given to clients that can be asked something, and to no others', async () => {
    expect(await begin({})).toBeNull()
    for (const capability of ['elicitation', 'sampling', 'roots'])
      expect(await begin({ [capability]: {} })).toMatch(/^[\da-f-]{36}$/)
    // Who does not name one is served all the same.
    expect(await statusOf({})).toBe(200)
  })

  it('is found by its agent alone', async () => {
    const session = await begin()
    expect(await statusOf({ session })).toBe(200)
    expect(await statusOf({ session, token: tokens[1] })).toBe(404)
    expect(await statusOf({ session: '00000000-0000-0000-0000-000000000000' })).toBe(404)
  })

  it('ends when its client says so', async () => {
    const session = await begin()
    expect((await ask(undefined, { session, method: 'DELETE' })).status).toBe(200)
    expect(await statusOf({ session })).toBe(404)
  })

  it('ends after half an hour without a request, and not while a stream of it is open', async () => {
    const [idle, listening] = [await begin(), await begin()]
    const stream = await ask(undefined, { session: listening, method: 'GET' })
    expect(stream.headers.get('content-type')).toContain('text/event-stream')
    // One stream is enough.
    expect((await ask(undefined, { session: listening, method: 'GET' })).status).toBe(409)
    await clock.advance(31 * 60_000)
    expect(await statusOf({ session: idle })).toBe(404)
    expect(await statusOf({ session: listening })).toBe(200)
    await stream.body?.cancel()
  })

  it('is one of few: the oldest of an agent makes room, and those of others stay', async () => {
    const others = await begin({ roots: {} }, tokens[1])
    const own = []
    for (let i = 0; i < 9; i++) own.push(await begin())
    expect(await statusOf({ session: own[0] ?? null })).toBe(404)
    expect(await statusOf({ session: own[8] ?? null })).toBe(200)
    expect(await statusOf({ session: others, token: tokens[1] })).toBe(200)
  })

  it('is not there after a restart, and begins anew', async () => {
    const session = await begin()
    await server.reopen()
    const gone = await ask(tools, { session })
    expect([gone.status, await gone.text()]).toEqual([404, expect.stringMatching(/initialize/)])
    expect(await begin()).not.toBe(session)
  })

  it('ends for a client that only gives up, so that nothing piles up in it', async () => {
    const session = await begin()
    let last = 202
    for (let i = 0; i < 502 && last === 202; i++) {
      if (i % 200 === 0) await clock.advance(4000)
      const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: i } }
      last = (await ask(cancel, { session })).status
    }
    expect(last).toBe(404)
  })
})

describe('odd messages', () => {
  it.each([
    ['a batch', [tools, tools]],
    ['an empty batch', []],
    ['a number', 5],
    ['null', null],
    ['a request without a version', { id: 1, method: 'tools/list' }],
    ['an id that is an object', request('tools/list', {}, { a: 1 })],
    ['an id that is a list', request('tools/list', {}, [])],
    ['a method that is no text', request(5 as never)],
    ['params that are a list', request('tools/list', [])],
    ['a prototype', JSON.parse('{"__proto__":{"method":"initialize"},"jsonrpc":"2.0"}')],
  ])('are refused: %s', async (_what, message) => {
    await clock.advance(4000)
    for (const session of [undefined, await begin()]) {
      const response = await ask(message, { session: session ?? null })
      expect(response.status).toBe(400)
      expect(await response.text()).not.toMatch(/at .*\.(ts|js|mjs):\d/)
    }
  })

  it('are refused in a moment, however deep they are', async () => {
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`
    for (const body of [
      deep,
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_silos","arguments":${deep}}}`,
    ]) {
      const response = await fetch(`${server.origin}/mcp`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          authorization: `Bearer ${tokens[0]}`,
        },
        body,
      })
      expect(response.status).toBeLessThan(500)
      await response.text()
    }
    expect(await statusOf({})).toBe(200)
  })

  it('with ids of every kind that is allowed have their answers', async () => {
    for (const id of [0, -1, 1e15, '', 'é', 'constructor', '__proto__', 'x'.repeat(1000)]) {
      await clock.advance(1000)
      const text = await (await ask(request('ping', {}, id))).text()
      expect(text).toContain(JSON.stringify(id))
    }
  })
})
