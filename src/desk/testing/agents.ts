// biome-ignore-all lint/suspicious/noExplicitAny: answers are looked at field by field
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll } from 'vitest'
import type { AgentRole } from '#contract'
import { type IdentityServer, startIdentity } from './identity.ts'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Identity on a real socket for the tests of a file, two silos, and what agents do with it. */
export function useIdentity() {
  let server: IdentityServer
  let names = 0

  beforeAll(async () => {
    server = await startIdentity()
    server.silos.set('acme-erp-silo-001', server.clock.now() - 1000)
    server.silos.set('zeta-crm-silo-001', server.clock.now() - 1000)
  })
  afterAll(() => server[Symbol.asyncDispose]())

  /** Another number each time. */
  const unique = () => names++

  async function keyedAgent(role: AgentRole = 'dev-worker', silos = ['acme-erp-silo-001']) {
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
    const { agent } = await server.identity.agents.register({
      name: `agent-${unique()}`,
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
        jti: `${unique()}`,
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
    const response = await fetch(`${server.origin}${path}`, {
      headers: { authorization: `Bearer ${bearer}` },
    })
    return { status: response.status, body: (await response.json()) as any }
  }

  return {
    get server() {
      return server
    },
    unique,
    keyedAgent,
    token,
    byAssertion,
    whoami,
  }
}
