import { decodeJwt, decodeProtectedHeader, generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import { useIdentity } from '../testing/agents.ts'

const world = useIdentity()
const { byAssertion, keyedAgent, whoami } = world

describe('a token for a signed assertion', () => {
  it('is short-lived, signed by the desk, and bound to the agent, its role and its silos', async () => {
    const { agent, assert } = await keyedAgent()
    const { status, headers, body } = await byAssertion(await assert())
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 600, scope: 'silo:acme-erp-silo-001' })
    expect(decodeProtectedHeader(body.access_token)).toMatchObject({ alg: 'EdDSA', typ: 'at+jwt' })
    expect(decodeJwt(body.access_token)).toMatchObject({
      sub: agent.id,
      role: 'dev-worker',
      aud: world.server.origin,
    })
    expect((await whoami(body.access_token)).body).toEqual({
      id: agent.id,
      kind: 'agent',
      role: 'dev-worker',
      silos: ['acme-erp-silo-001'],
      via: 'rest',
    })
    await world.server.clock.advance(601_000)
    expect((await whoami(body.access_token)).status).toBe(401)
  })

  it('is given once per assertion, also across a restart', async () => {
    const { assert } = await keyedAgent()
    const first = await assert()
    expect((await byAssertion(first)).status).toBe(200)
    expect((await byAssertion(first)).body).toEqual({
      error: 'invalid_client',
      error_description: 'The assertion was used before',
    })
    await world.server.reopen()
    expect((await byAssertion(first)).status).toBe(401)
    expect((await byAssertion(await assert())).status).toBe(200)
  })

  it('is refused for an assertion that is wrong in any one way', async () => {
    const { agent, assert } = await keyedAgent()
    const other = await keyedAgent()
    const rsa = await generateKeyPair('RS256')
    const now = Math.floor(world.server.clock.now() / 1000)
    const wrong: [string, Promise<string>][] = [
      ['another audience', assert({ aud: 'https://elsewhere.example' })],
      ['several audiences', assert({ aud: [world.server.origin, 'https://elsewhere.example'] })],
      ['out of date', assert({ iat: now - 300, exp: now - 31 })],
      ['good for too long', assert({ exp: now + 3600 })],
      ['from the future', assert({ iat: now + 120, exp: now + 180 })],
      ['not valid yet', assert({ nbf: now + 120 })],
      ['no end', assert({ exp: undefined })],
      ['no jti', assert({ jti: undefined })],
      ['a long jti', assert({ jti: 'x'.repeat(129) })],
      ['another issuer', assert({ iss: other.agent.id })],
      ["another agent's key", other.assert({ iss: agent.id, sub: agent.id })],
      ['another algorithm', assert({}, rsa.privateKey, 'RS256')],
      [
        'the public key as HMAC secret',
        assert({}, Buffer.from(String(agent.publicKey?.x)) as never, 'HS256'),
      ],
      [
        'no signature',
        Promise.resolve(
          `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify({ iss: agent.id, sub: agent.id, aud: world.server.origin, exp: now + 60, jti: 'n' }))}.`,
        ),
      ],
      ['no JWT', Promise.resolve('nonsense')],
    ]
    for (const [what, assertion] of wrong) {
      const { status, body } = await byAssertion(await assertion)
      expect([what, status, body.error]).toEqual([what, 401, 'invalid_client'])
    }
  })

  it('allows for clocks that are half a minute apart, and no more', async () => {
    const { assert } = await keyedAgent()
    const now = Math.floor(world.server.clock.now() / 1000)
    expect((await byAssertion(await assert({ iat: now - 60, exp: now - 20 }))).status).toBe(200)
    expect((await byAssertion(await assert({ iat: now + 20, exp: now + 80 }))).status).toBe(200)
  })

  it('accepts the token endpoint as audience, and the other names of loopback', async () => {
    const { assert } = await keyedAgent()
    const localhost = world.server.origin.replace('127.0.0.1', 'localhost')
    for (const aud of [`${world.server.origin}/oauth/token`, localhost])
      expect((await byAssertion(await assert({ aud }))).status).toBe(200)
  })
})
