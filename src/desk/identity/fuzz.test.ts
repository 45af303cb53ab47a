import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLog } from '#kernel'
import { createMcpFace } from '../mcp/face.ts'
import { type IdentityServer, startIdentity } from '../testing/identity.ts'

// Whatever comes in, the answer is a refusal in the right form: never a 500, never what was sent.

let server: IdentityServer
let token: string
beforeAll(async () => {
  server = await startIdentity({
    perform: async () => ({}),
    faces: [createMcpFace({ version: '1', log: silentLog, clock: { ...unlimited } })],
  })
  const { agent } = await server.identity.agents.register({ name: 'fuzz', role: 'devops', silos: ['*'] })
  token = server.identity.agents.addStaticToken(agent.id, null).token
})
afterAll(() => server[Symbol.asyncDispose]())

/** Time flies, so nobody has to wait. */
let hours = 0
const unlimited = {
  now: () => Date.now(),
  monotonic: () => ++hours * 3_600_000,
  after: () => ({ cancel() {} }),
}

const part = fc.string({ unit: 'binary', maxLength: 60 })
const jwtLike = fc
  .tuple(fc.json(), fc.json(), fc.base64String())
  .map(([head, claims, signature]) =>
    [Buffer.from(head).toString('base64url'), Buffer.from(claims).toString('base64url'), signature].join('.'),
  )

describe('the token endpoint', () => {
  it('refuses any form in the form of RFC 6749', async () => {
    const form = fc.dictionary(
      fc.oneof(
        fc.constantFrom('grant_type', 'scope', 'resource', 'client_id', 'client_secret', 'client_assertion'),
        part,
      ),
      fc.oneof(part, jwtLike, fc.constantFrom('client_credentials', 'silos', server.origin)),
    )
    await fc.assert(
      fc.asyncProperty(form, fc.option(fc.base64String()), async (fields, basic) => {
        const response = await fetch(`${server.origin}/oauth/token`, {
          method: 'POST',
          headers: basic === null ? {} : { authorization: `Basic ${basic}` },
          body: new URLSearchParams(fields),
        })
        const body = (await response.json()) as { error: string; error_description: string }
        expect([400, 401]).toContain(response.status)
        expect(body.error).toMatch(/^[a-z_]+$/)
        expect(body.error_description.length).toBeLessThan(200)
      }),
      { numRuns: 150 },
    )
  })
})

describe('a bearer token', () => {
  it('that is not one of ours is refused, whatever it looks like', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(jwtLike, fc.base64String({ minLength: 1 })), async given => {
        const response = await fetch(`${server.origin}/whoami`, {
          headers: { authorization: `Bearer ${given}` },
        })
        expect(response.status).toBe(401)
      }),
      { numRuns: 150 },
    )
  })
})

describe('the MCP endpoint', () => {
  it('answers any JSON, and what is none, with an answer of the protocol', async () => {
    const params = fc.dictionary(
      fc.constantFrom('name', 'uri', 'arguments', 'cursor', '_meta', 'x'),
      fc.jsonValue(),
    )
    const method = fc.constantFrom(
      'tools/call',
      'tools/list',
      'resources/read',
      'resources/list',
      'prompts/get',
      'ping',
      'x',
    )
    const request = fc.record({
      jsonrpc: fc.constant('2.0'),
      id: fc.oneof(fc.integer(), fc.string()),
      method,
      params,
    })
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          request.map(value => JSON.stringify(value)),
          fc.json(),
          part,
        ),
        async body => {
          const response = await fetch(`${server.origin}/mcp`, {
            method: 'POST',
            headers: {
              authorization: `Bearer ${token}`,
              'content-type': 'application/json',
              accept: 'application/json, text/event-stream',
            },
            body,
          })
          await response.text()
          expect(response.status).toBeLessThan(500)
        },
      ),
      { numRuns: 250 },
    )
  })
})
