import { describe, expect, it } from 'vitest'
import { useIdentity } from '../testing/agents.ts'

const world = useIdentity()
const { byAssertion, keyedAgent } = world

describe('the audit', () => {
  it('has who got a token, for what; who was refused one; and who registered', async () => {
    const { agent, assert } = await keyedAgent()
    await byAssertion(await assert())
    await byAssertion(await assert(), { scope: 'silo:canary' })
    await byAssertion(await assert({ exp: 1 }))
    const rows = world.server.audit().filter(row => row.caller === agent.id)
    expect(rows.map(({ operation, outcome, code, via }) => [operation, outcome, code, via])).toEqual([
      ['agent.token', 'refused', 'invalid_client', 'oauth'],
      ['agent.token', 'refused', 'invalid_scope', 'oauth'],
      ['agent.token', 'ok', null, 'oauth'],
    ])
    expect(JSON.parse(rows[2]?.input ?? '')).toEqual({
      scope: 'silo:acme-erp-silo-001',
      audience: world.server.origin,
    })
    expect(JSON.stringify(rows)).not.toContain('canary')
  })

  it('is not filled by somebody who guesses', async () => {
    const { agent, assert } = await keyedAgent()
    const wrong = await assert({ aud: 'https://elsewhere.example' })
    await Promise.all(Array.from({ length: 40 }, () => byAssertion(wrong)))
    expect(world.server.audit().filter(row => row.caller === agent.id)).toHaveLength(10)
  })
})
