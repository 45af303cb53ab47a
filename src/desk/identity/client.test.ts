// biome-ignore-all lint/suspicious/noExplicitAny: answers are looked at field by field
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { useIdentity } from '../testing/agents.ts'

const world = useIdentity()
const { byAssertion, keyedAgent, token, unique, whoami } = world

describe('a token for a client secret', () => {
  it('is given by header and by body, with the right secret only', async () => {
    const { agent, secret } = await world.server.identity.agents.register({
      name: `agent-${unique()}`,
      role: 'devops',
      silos: ['*'],
      withSecret: true,
    })
    const basic = (id: string, value: string) => ({ authorization: `Basic ${btoa(`${id}:${value}`)}` })
    expect((await token({}, basic(agent.id, secret ?? ''))).status).toBe(200)
    expect((await token({ client_id: agent.id, client_secret: secret ?? '' })).status).toBe(200)
    const refused = await token({}, basic(agent.id, `${secret}x`))
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toMatch(/^Basic /)
    expect((await token({}, basic('agt_unknown', secret ?? ''))).body).toEqual(refused.body)
    const keyed = await keyedAgent()
    expect((await token({ client_id: keyed.agent.id, client_secret: '' })).status).toBe(401)
    expect(readFileSync(world.server.statePath).includes(secret ?? '?')).toBe(false)
  })
})

describe('a token request', () => {
  it('is refused for whatever it should not say', async () => {
    const { assert } = await keyedAgent()
    const cases: [Record<string, string>, string][] = [
      [{ grant_type: 'password' }, 'unsupported_grant_type'],
      [{ audience: 'x' }, 'invalid_request'],
      [{ client_secret: 'x' }, 'invalid_request'],
      [{ client_assertion_type: 'x' }, 'invalid_request'],
      [{ scope: 'silo:zeta-crm-silo-001' }, 'invalid_scope'],
      [{ scope: 'silo:*' }, 'invalid_scope'],
      [{ scope: 'role:devops' }, 'invalid_scope'],
      [{ resource: 'https://elsewhere.example' }, 'invalid_target'],
      [{ client_id: 'agt_other' }, 'invalid_client'],
    ]
    for (const [more, error] of cases) {
      const { body } = await byAssertion(await assert(), more)
      expect([more, body.error]).toEqual([more, error])
    }
    const twice = await fetch(`${world.server.origin}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=client_credentials&grant_type=client_credentials',
    })
    expect([twice.status, ((await twice.json()) as any).error]).toEqual([400, 'invalid_request'])
    const json = await fetch(`${world.server.origin}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"grant_type":"client_credentials"}',
    })
    expect([json.status, ((await json.json()) as any).error]).toEqual([400, 'invalid_request'])
  })

  it('may narrow its token to some silos, or to the MCP face', async () => {
    const { assert } = await keyedAgent('devops', ['*'])
    const narrow = await byAssertion(await assert(), { scope: 'silo:acme-erp-silo-001' })
    expect((await whoami(narrow.body.access_token)).body.silos).toEqual(['acme-erp-silo-001'])
    const mcp = await byAssertion(await assert(), { resource: `${world.server.origin}/mcp` })
    expect((await whoami(mcp.body.access_token)).status).toBe(401)
    expect((await whoami(mcp.body.access_token, '/whoami-mcp')).status).toBe(200)
  })
})

describe('an agent that asks for tokens without end', () => {
  it('is told to wait, and nothing of its assertion is used up', async () => {
    const { assert } = await keyedAgent()
    const answers: Awaited<ReturnType<typeof byAssertion>>[] = []
    for (let i = 0; i < 31; i++) answers.push(await byAssertion(await assert()))
    expect(answers.slice(0, 30).every(({ status }) => status === 200)).toBe(true)
    const last = answers[30]
    expect([last?.status, last?.body.error, last?.headers.get('retry-after')]).toEqual([
      429,
      'slow_down',
      '1',
    ])
    await world.server.clock.advance(1000)
    expect((await byAssertion(await assert())).status).toBe(200)
  })
})
