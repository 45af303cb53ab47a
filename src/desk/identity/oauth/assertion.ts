import { decodeJwt, importJWK, type JWTPayload, jwtVerify } from 'jose'
import { type DeskAddresses, paths } from '../addresses.ts'
import type { AgentRecord } from '../ports.ts'
import { OAuthError } from './errors.ts'
import type { OAuthParts } from './parts.ts'

/** How far the clocks of agent and desk may be apart. */
const skewSeconds = 30
/** An assertion is made for one request; one that is good for longer is somebody's mistake. */
const longestSeconds = 300
const longestJti = 128

/**
 * The agent that signed this client assertion (RFC 7523 with EdDSA). It must name this desk as its only audience, run out within five minutes,
 * and works once, across restarts too. Throws OAuthError.
 */
export async function verifyAssertion(
  { agents, store, clock, addresses, grants }: OAuthParts,
  assertion: string,
  clientId: string | undefined,
): Promise<AgentRecord> {
  const id = subjectOf(assertion)
  if (id === undefined) throw refused('The assertion is not a JWT with a subject')
  if (clientId !== undefined && clientId !== id)
    throw refused('client_id and the subject of the assertion differ')
  const agent = agents.find(id)
  if (!agent?.publicKey || agent.id !== id || agent.revokedAt !== null) throw refused(notAccepted)

  const { payload } = await jwtVerify(assertion, await importJWK(agent.publicKey, 'EdDSA'), {
    algorithms: ['EdDSA', 'Ed25519'],
    issuer: id,
    subject: id,
    audience: audiencesOf(addresses),
    clockTolerance: skewSeconds,
    requiredClaims: ['exp', 'jti'],
    currentDate: new Date(clock.now()),
  }).catch(() => {
    throw refused(notAccepted)
  })
  checkClaims(payload, Math.floor(clock.now() / 1000))
  // From here on it is the agent itself; each grant costs a write.
  grants.pass(agent.id)
  store.forgetAssertions(clock.now())
  const { jti = '', exp = 0 } = payload
  if (!store.useAssertion(id, jti, (exp + skewSeconds) * 1000)) throw refused('The assertion was used before')
  return agent
}

/** Whom an assertion names, whether that is true or not. */
export function subjectOf(assertion: string): string | undefined {
  try {
    return decodeJwt(assertion).sub
  } catch {
    return undefined
  }
}

const notAccepted = 'The assertion was not accepted'

function checkClaims({ aud, exp = 0, iat, jti }: JWTPayload, nowSeconds: number): void {
  if (Array.isArray(aud) && aud.length !== 1) throw refused('The assertion names several audiences')
  if (iat !== undefined && iat > nowSeconds + skewSeconds) throw refused('The assertion is from the future')
  if (exp > nowSeconds + longestSeconds + skewSeconds)
    throw refused(`The assertion is good for more than ${longestSeconds} seconds`)
  if (typeof jti !== 'string' || jti === '' || jti.length > longestJti)
    throw refused(`jti must have 1 to ${longestJti} characters`)
}

function audiencesOf(addresses: DeskAddresses): string[] {
  return addresses.all().flatMap(address => [address, `${address}/`, `${address}${paths.token}`])
}

function refused(why: string): OAuthError {
  return new OAuthError('invalid_client', why, 401)
}
