// biome-ignore-all lint/suspicious/noExplicitAny: answers are looked at field by field
import { exportJWK, generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import { useIdentity } from '../testing/agents.ts'

const world = useIdentity()
const { token, unique, whoami } = world

describe('registration with an admission token', () => {
  const register = async (admission: string, body: unknown) => {
    const response = await fetch(`${world.server.origin}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${admission}` },
      body: JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as any }
  }
  const admit = (uses = 1) =>
    world.server.identity.agents.admit({
      role: 'dev-worker',
      silos: ['acme-erp-silo-001'],
      uses,
      lifetimeMs: 60_000,
    }).token

  it('makes a client of the admitted role and silos, as often as it says and until it runs out', async () => {
    const admission = admit()
    const made = await register(admission, { client_name: `dcr-${unique()}` })
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
    expect((await register(admission, { client_name: `dcr-${unique()}` })).status).toBe(401)
    const late = admit()
    await world.server.clock.advance(60_001)
    expect((await register(late, { client_name: `dcr-${unique()}` })).status).toBe(401)
    expect((await register('hga_guess', { client_name: `dcr-${unique()}` })).status).toBe(401)
  })

  it('registers one client only when many ask at once with one use', async () => {
    const admission = admit()
    const all = await Promise.all(
      Array.from({ length: 8 }, () => register(admission, { client_name: `dcr-${unique()}` })),
    )
    expect(all.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(401)])
  })

  it('takes a public key, and neither a private one nor wishes for more', async () => {
    const admission = admit(10)
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
    const jwks = { keys: [await exportJWK(publicKey)] }
    const good = await register(admission, {
      client_name: `dcr-${unique()}`,
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
      const { status, body } = await register(admission, { client_name: `dcr-${unique()}`, ...more })
      expect([more, status, body.error]).toEqual([more, 400, 'invalid_client_metadata'])
      expect(JSON.stringify(body)).not.toContain(secret.d)
    }
  })
})

describe('the metadata documents', () => {
  it('name the desk as the client named it, and fit together', async () => {
    for (const origin of [world.server.origin, world.server.origin.replace('127.0.0.1', 'localhost')]) {
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
    expect(world.server.identity.authenticator.challenge(world.server.origin)).toBe(
      `Bearer resource_metadata="${world.server.origin}/.well-known/oauth-protected-resource/mcp", scope="silos"`,
    )
  })
})
