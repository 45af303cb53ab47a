import { readFileSync } from 'node:fs'
import { decodeJwt, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { agentRoles } from '#contract'
import { useIdentity } from '../testing/agents.ts'

const world = useIdentity()
const { byAssertion, keyedAgent, whoami } = world

describe('an access token', () => {
  it('is refused when it was changed, made by another, or of another kind', async () => {
    const { assert, privateKey } = await keyedAgent()
    const { body } = await byAssertion(await assert())
    const [head, claims, signature] = body.access_token.split('.')
    const changed = btoa(JSON.stringify({ ...decodeJwt(body.access_token), role: 'devops', silos: ['*'] }))
      .replace(/=+$/, '')
      .replace(/\+/g, '-')
      .replace(/\//g, '_')
    const forged = await new SignJWT(decodeJwt(body.access_token))
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt' })
      .sign(privateKey)
    const none = `${btoa('{"alg":"none","typ":"at+jwt"}').replace(/=+$/, '')}.${claims}.`
    for (const bad of [
      `${head}.${changed}.${signature}`,
      forged,
      none,
      await assert(),
      `${body.access_token}x`,
      'x',
    ])
      expect((await whoami(bad)).status).toBe(401)
    expect((await fetch(`${world.server.origin}/whoami?access_token=${body.access_token}`)).status).toBe(401)
  })

  it('ends with its agent, at once, as do static tokens and keys', async () => {
    const { agent, assert } = await keyedAgent()
    const { body } = await byAssertion(await assert())
    const { token: fixed } = world.server.identity.agents.addStaticToken(agent.id, null)
    expect((await whoami(body.access_token)).status).toBe(200)
    expect((await whoami(fixed)).status).toBe(200)
    world.server.identity.agents.revoke(agent.name)
    expect((await whoami(body.access_token)).status).toBe(401)
    expect((await whoami(fixed)).status).toBe(401)
    expect((await byAssertion(await assert())).status).toBe(401)
    await world.server.reopen()
    expect((await whoami(fixed)).status).toBe(401)
  })

  it('does not reach a silo that was destroyed and made again under its old name', async () => {
    const { assert } = await keyedAgent('dev-worker', ['acme-erp-silo-001', 'zeta-crm-silo-001'])
    const { body } = await byAssertion(await assert())
    const before = world.server.silos.get('zeta-crm-silo-001') ?? 0
    world.server.silos.delete('zeta-crm-silo-001')
    expect((await whoami(body.access_token)).body.silos).toEqual(['acme-erp-silo-001'])
    world.server.silos.set('zeta-crm-silo-001', world.server.clock.now() + 1)
    expect((await whoami(body.access_token)).body.silos).toEqual(['acme-erp-silo-001'])
    world.server.silos.set('zeta-crm-silo-001', before)
  })

  it('carries exactly its own role and silos, for every role and set of silos', async () => {
    for (const role of agentRoles)
      for (const silos of [['acme-erp-silo-001'], ['zeta-crm-silo-001'], ['*']]) {
        const { assert } = await keyedAgent(role, silos)
        const { body } = await byAssertion(await assert())
        const caller = (await whoami(body.access_token)).body
        expect([caller.role, caller.silos]).toEqual([role, silos.includes('*') ? '*' : silos])
      }
  })
})

describe('a static token', () => {
  it('is kept as a hash, works across a restart, and runs out', async () => {
    const { agent } = await keyedAgent()
    const { token: fixed } = world.server.identity.agents.addStaticToken(agent.name, 60_000)
    await world.server.reopen()
    expect((await whoami(fixed)).body.id).toBe(agent.id)
    expect(readFileSync(world.server.statePath).includes(fixed)).toBe(false)
    await world.server.clock.advance(60_001)
    expect((await whoami(fixed)).status).toBe(401)
  })
})
