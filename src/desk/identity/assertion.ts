import { decodeJwt, importJWK, jwtVerify } from 'jose'
import type { Clock } from '#kernel'
import { type DeskAddresses, paths } from './addresses.ts'
import type { Agents } from './agents.ts'
import type { AgentRecord, IdentityStore } from './ports.ts'

/** How far the clocks of agent and desk may be apart. */
const skewSeconds = 30
/** An assertion is made for one request; one that is good for longer is somebody's mistake. */
const longestSeconds = 300
const longestJti = 128

export interface AssertionOptions {
  readonly agents: Agents
  readonly store: IdentityStore
  readonly clock: Clock
  readonly addresses: DeskAddresses
}

/**
 * The agent that signed this client assertion (RFC 7523 with EdDSA), or a reason why it does not count.
 * It must name this desk as its only audience, run out within five minutes, and works once, across restarts too.
 */
export async function verifyAssertion(
  options: AssertionOptions,
  assertion: string,
  clientId: string | undefined,
): Promise<{ agent: AgentRecord } | { refused: string }> {
  const { agents, store, clock, addresses } = options
  const id = subjectOf(assertion)
  if (id === undefined) return { refused: 'the assertion is not a JWT with a subject' }
  if (clientId !== undefined && clientId !== id)
    return { refused: 'client_id and the subject of the assertion differ' }
  const agent = agents.find(id)
  if (!agent?.publicKey || agent.id !== id || agent.revokedAt !== null)
    return { refused: 'the assertion was not accepted' }

  const audiences = addresses.all().flatMap(address => [address, `${address}/`, `${address}${paths.token}`])
  const now = clock.now()
  try {
    const { payload } = await jwtVerify(assertion, await importJWK(agent.publicKey, 'EdDSA'), {
      algorithms: ['EdDSA', 'Ed25519'],
      issuer: id,
      subject: id,
      audience: audiences,
      clockTolerance: skewSeconds,
      requiredClaims: ['exp', 'jti'],
      currentDate: new Date(now),
    })
    const { aud, exp = 0, iat, jti = '' } = payload
    const seconds = Math.floor(now / 1000)
    if (Array.isArray(aud) && aud.length !== 1) return { refused: 'the assertion names several audiences' }
    if (iat !== undefined && iat > seconds + skewSeconds)
      return { refused: 'the assertion is from the future' }
    if (exp > seconds + longestSeconds + skewSeconds)
      return { refused: `the assertion is good for more than ${longestSeconds} seconds` }
    if (typeof jti !== 'string' || jti === '' || jti.length > longestJti)
      return { refused: `jti must have 1 to ${longestJti} characters` }
    store.forgetAssertions(now)
    if (!store.useAssertion(id, jti, (exp + skewSeconds) * 1000))
      return { refused: 'the assertion was used before' }
    return { agent }
  } catch {
    return { refused: 'the assertion was not accepted' }
  }
}

function subjectOf(assertion: string): string | undefined {
  try {
    return decodeJwt(assertion).sub
  } catch {
    return undefined
  }
}
