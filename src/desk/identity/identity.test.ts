// biome-ignore-all lint/suspicious/noExplicitAny: answers are looked at field by field
import { readFileSync } from 'node:fs'
import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AgentRole } from '#contract'
import { agentRoles } from '#contract'
import { type IdentityServer, startIdentity } from '../testing/identity.ts'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
let server: IdentityServer
let names = 0

beforeAll(async () => {
  server = await startIdentity()
  server.silos.set('acme-erp-silo-001', server.clock.now() - 1000)
  server.silos.set('zeta-crm-silo-001', server.clock.now() - 1000)
})
afterAll(() => server[Symbol.asyncDispose]())

async function keyedAgent(role: AgentRole = 'dev-worker', silos = ['acme-erp-silo-001']) {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const { agent } = await server.identity.agents.register({
    name: `agent-${names++}`,
    role,
    silos,
    publicKey: await exportJWK(publicKey),
  })
  const assert = (claims: JWTPayload = {}, key = privateKey, alg = 'EdDSA') => {
    const now = Math.floor(server.clock.now() / 1000)
    const all = {
      iss: agent.id,
      sub: agent.id,
      aud: server.origin,
      iat: now,
      exp: now + 60,
      jti: `${names++}`,
      ...claims,
    }
    return new SignJWT(all).setProtectedHeader({ alg }).sign(key)
  }
  return { agent, assert, privateKey }
}

async function token(form: Record<string, string>, headers: Record<string, string> = {}) {
  const response = await fetch(`${server.origin}/oauth/token`, {
    method: 'POST',
    headers,
    body: new URLSearchParams({ grant_type: 'client_credentials', ...form }),
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as any }
}

const byAssertion = async (assertion: string, more = {}) =>
  token({ client_assertion_type: assertionType, client_assertion: assertion, ...more })

async function whoami(bearer: string, path = '/whoami') {
  const response = await fetch(`${server.origin}${path}`, { headers: { authorization: `Bearer ${bearer}` } })
  return { status: response.status, body: (await response.json()) as any }
}

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
      aud: server.origin,
    })
    expect((await whoami(body.access_token)).body).toEqual({
      id: agent.id,
      kind: 'agent',
      role: 'dev-worker',
      silos: ['acme-erp-silo-001'],
      via: 'rest',
    })
    await server.clock.advance(601_000)
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
    await server.reopen()
    expect((await byAssertion(first)).status).toBe(401)
    expect((await byAssertion(await assert())).status).toBe(200)
  })

  it('is refused for an assertion that is wrong in any one way', async () => {
    const { agent, assert } = await keyedAgent()
    const other = await keyedAgent()
    const rsa = await generateKeyPair('RS256')
    const now = Math.floor(server.clock.now() / 1000)
    const wrong: [string, Promise<string>][] = [
      ['another audience', assert({ aud: 'https://elsewhere.example' })],
      ['several audiences', assert({ aud: [server.origin, 'https://elsewhere.example'] })],
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
          `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify({ iss: agent.id, sub: agent.id, aud: server.origin, exp: now + 60, jti: 'n' }))}.`,
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
    const now = Math.floor(server.clock.now() / 1000)
    expect((await byAssertion(await assert({ iat: now - 60, exp: now - 20 }))).status).toBe(200)
    expect((await byAssertion(await assert({ iat: now + 20, exp: now + 80 }))).status).toBe(200)
  })

  it('accepts the token endpoint as audience, and the other names of loopback', async () => {
    const { assert } = await keyedAgent()
    const localhost = server.origin.replace('127.0.0.1', 'localhost')
    for (const aud of [`${server.origin}/oauth/token`, localhost])
      expect((await byAssertion(await assert({ aud }))).status).toBe(200)
  })
})

describe('a token for a client secret', () => {
  it('is given by header and by body, with the right secret only', async () => {
    const { agent, secret } = await server.identity.agents.register({
      name: `agent-${names++}`,
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
    expect(readFileSync(server.statePath).includes(secret ?? '?')).toBe(false)
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
    const twice = await fetch(`${server.origin}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=client_credentials&grant_type=client_credentials',
    })
    expect([twice.status, ((await twice.json()) as any).error]).toEqual([400, 'invalid_request'])
    const json = await fetch(`${server.origin}/oauth/token`, {
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
    const mcp = await byAssertion(await assert(), { resource: `${server.origin}/mcp` })
    expect((await whoami(mcp.body.access_token)).status).toBe(401)
    expect((await whoami(mcp.body.access_token, '/whoami-mcp')).status).toBe(200)
  })
})

describe('the audit', () => {
  it('has who got a token, for what; who was refused one; and who registered', async () => {
    const { agent, assert } = await keyedAgent()
    await byAssertion(await assert())
    await byAssertion(await assert(), { scope: 'silo:canary' })
    await byAssertion(await assert({ exp: 1 }))
    const rows = server.audit().filter(row => row.caller === agent.id)
    expect(rows.map(({ operation, outcome, code, via }) => [operation, outcome, code, via])).toEqual([
      ['agent.token', 'refused', 'invalid_client', 'oauth'],
      ['agent.token', 'refused', 'invalid_scope', 'oauth'],
      ['agent.token', 'ok', null, 'oauth'],
    ])
    expect(JSON.parse(rows[2]?.input ?? '')).toEqual({
      scope: 'silo:acme-erp-silo-001',
      audience: server.origin,
    })
    expect(JSON.stringify(rows)).not.toContain('canary')
  })

  it('is not filled by somebody who guesses', async () => {
    const { agent, assert } = await keyedAgent()
    const wrong = await assert({ aud: 'https://elsewhere.example' })
    await Promise.all(Array.from({ length: 40 }, () => byAssertion(wrong)))
    expect(server.audit().filter(row => row.caller === agent.id)).toHaveLength(10)
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
    await server.clock.advance(1000)
    expect((await byAssertion(await assert())).status).toBe(200)
  })
})

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
    expect((await fetch(`${server.origin}/whoami?access_token=${body.access_token}`)).status).toBe(401)
  })

  it('ends with its agent, at once, as do static tokens and keys', async () => {
    const { agent, assert } = await keyedAgent()
    const { body } = await byAssertion(await assert())
    const { token: fixed } = server.identity.agents.addStaticToken(agent.id, null)
    expect((await whoami(body.access_token)).status).toBe(200)
    expect((await whoami(fixed)).status).toBe(200)
    server.identity.agents.revoke(agent.name)
    expect((await whoami(body.access_token)).status).toBe(401)
    expect((await whoami(fixed)).status).toBe(401)
    expect((await byAssertion(await assert())).status).toBe(401)
    await server.reopen()
    expect((await whoami(fixed)).status).toBe(401)
  })

  it('does not reach a silo that was destroyed and made again under its old name', async () => {
    const { assert } = await keyedAgent('dev-worker', ['acme-erp-silo-001', 'zeta-crm-silo-001'])
    const { body } = await byAssertion(await assert())
    const before = server.silos.get('zeta-crm-silo-001') ?? 0
    server.silos.delete('zeta-crm-silo-001')
    expect((await whoami(body.access_token)).body.silos).toEqual(['acme-erp-silo-001'])
    server.silos.set('zeta-crm-silo-001', server.clock.now() + 1)
    expect((await whoami(body.access_token)).body.silos).toEqual(['acme-erp-silo-001'])
    server.silos.set('zeta-crm-silo-001', before)
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
    const { token: fixed } = server.identity.agents.addStaticToken(agent.name, 60_000)
    await server.reopen()
    expect((await whoami(fixed)).body.id).toBe(agent.id)
    expect(readFileSync(server.statePath).includes(fixed)).toBe(false)
    await server.clock.advance(60_001)
    expect((await whoami(fixed)).status).toBe(401)
  })
})

describe('registration with an admission token', () => {
  const register = async (admission: string, body: unknown) => {
    const response = await fetch(`${server.origin}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${admission}` },
      body: JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as any }
  }
  const admit = (uses = 1) =>
    server.identity.agents.admit({
      role: 'dev-worker',
      silos: ['acme-erp-silo-001'],
      uses,
      lifetimeMs: 60_000,
    }).token

  it('makes a client of the admitted role and silos, as often as it says and until it runs out', async () => {
    const admission = admit()
    const made = await register(admission, { client_name: `dcr-${names++}` })
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({
      token_endpoint_auth_method: 'client_secret_basic',
      scope: 'silo:acme-erp-silo-001',
    })
    const { body } = await token({ client_id: made.body.client_id, client_secret: made.body.client_secret })
    expect((await whoami(body.access_token)).body).toMatchObject({
      role: 'dev-worker',
      silos: ['acme-erp-silo-001'],
    })
    expect((await register(admission, { client_name: `dcr-${names++}` })).status).toBe(401)
    const late = admit()
    await server.clock.advance(60_001)
    expect((await register(late, { client_name: `dcr-${names++}` })).status).toBe(401)
    expect((await register('hga_guess', { client_name: `dcr-${names++}` })).status).toBe(401)
  })

  it('registers one client only when many ask at once with one use', async () => {
    const admission = admit()
    const all = await Promise.all(
      Array.from({ length: 8 }, () => register(admission, { client_name: `dcr-${names++}` })),
    )
    expect(all.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(401)])
  })

  it('takes a public key, and neither a private one nor wishes for more', async () => {
    const admission = admit(10)
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
    const jwks = { keys: [await exportJWK(publicKey)] }
    const good = await register(admission, {
      client_name: `dcr-${names++}`,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks,
    })
    expect(good.status).toBe(201)
    expect(good.body.client_secret).toBeUndefined()
    const secret = await exportJWK(privateKey)
    const wrong = [
      { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [secret] } },
      { token_endpoint_auth_method: 'private_key_jwt' },
      { jwks },
      { role: 'devops' },
      { grant_types: ['authorization_code'] },
      { token_endpoint_auth_method: 'none' },
      { client_name: '../x' },
    ]
    for (const more of wrong) {
      const { status, body } = await register(admission, { client_name: `dcr-${names++}`, ...more })
      expect([more, status, body.error]).toEqual([more, 400, 'invalid_client_metadata'])
      expect(JSON.stringify(body)).not.toContain(secret.d)
    }
  })
})

describe('the metadata documents', () => {
  it('name the desk as the client named it, and fit together', async () => {
    for (const origin of [server.origin, server.origin.replace('127.0.0.1', 'localhost')]) {
      const get = async (path: string) => (await fetch(`${origin}${path}`)).json() as Promise<any>
      const resource = await get('/.well-known/oauth-protected-resource/mcp')
      expect(resource).toMatchObject({ resource: `${origin}/mcp`, authorization_servers: [origin] })
      const metadata = await get('/.well-known/oauth-authorization-server')
      expect(metadata).toMatchObject({ issuer: origin, token_endpoint: `${origin}/oauth/token` })
      expect(await get('/.well-known/openid-configuration')).toMatchObject(metadata)
      const { keys } = await get('/oauth/jwks.json')
      expect(keys).toHaveLength(1)
      expect(keys[0]).toMatchObject({ kty: 'OKP', crv: 'Ed25519', use: 'sig' })
      expect(keys[0].d).toBeUndefined()
    }
    expect(server.identity.authenticator.challenge(server.origin)).toBe(
      `Bearer resource_metadata="${server.origin}/.well-known/oauth-protected-resource/mcp", scope="silos"`,
    )
  })
})
