import { hash } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { type Clock, prefixedId } from '#kernel'
import { type DeskAddresses, resourcesOf } from './addresses.ts'
import { type AgentRecord, everySilo } from './ports.ts'
import type { SigningKey } from './signing-key.ts'

/** Lifetime of an access token. */
export const accessTokenSeconds = 600
const algorithm = 'EdDSA'
const type = 'at+jwt'
/** Verified tokens that are remembered, so that a busy agent costs one verification per token and not one per call. */
const remembered = 4096

export interface AccessClaims {
  readonly agentId: string
  readonly role: string
  readonly silos: readonly string[]
  /** Where it may be used: addresses of the desk, or of its MCP face. */
  readonly audience: readonly string[]
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** Makes and reads access tokens (RFC 9068): signed by this desk, bound to one agent, its role and its silos. */
export interface AccessTokens {
  issue(
    agent: AgentRecord,
    grant: { issuer: string; audience: string; silos: readonly string[] },
  ): Promise<string>
  /** undefined: not ours, changed, or out of date. Says nothing about revocation. */
  verify(token: string): AccessClaims | undefined | Promise<AccessClaims | undefined>
}

export function createAccessTokens(options: {
  key: SigningKey
  clock: Clock
  addresses: DeskAddresses
}): AccessTokens {
  const { key, clock, addresses } = options
  const known = new Map<string, AccessClaims>()

  async function read(token: string): Promise<AccessClaims | undefined> {
    try {
      const { payload } = await jwtVerify(token, key.publicKey, {
        algorithms: [algorithm],
        typ: type,
        issuer: [...addresses.all()],
        audience: resourcesOf(addresses),
        requiredClaims: ['sub', 'exp', 'jti', 'role', 'silos'],
        currentDate: new Date(clock.now()),
      })
      const { sub, exp, role, silos, aud } = payload
      if (typeof role !== 'string' || !Array.isArray(silos)) return undefined
      return {
        agentId: sub ?? '',
        role,
        silos: silos.map(String),
        audience: [aud ?? []].flat(),
        expiresAt: (exp ?? 0) * 1000,
      }
    } catch {
      return undefined
    }
  }

  async function readNew(token: string, digest: string): Promise<AccessClaims | undefined> {
    const claims = await read(token)
    if (!claims) return undefined
    if (known.size >= remembered) known.delete(known.keys().next().value ?? '')
    known.set(digest, claims)
    return claims
  }

  return {
    issue(agent, { issuer, audience, silos }) {
      const now = Math.floor(clock.now() / 1000)
      return new SignJWT({
        client_id: agent.id,
        role: agent.role,
        silos: [...silos],
        scope: scopeOf(silos),
      })
        .setProtectedHeader({ alg: algorithm, typ: type, kid: key.kid })
        .setIssuer(issuer)
        .setSubject(agent.id)
        .setAudience(audience)
        .setIssuedAt(now)
        .setExpirationTime(now + accessTokenSeconds)
        .setJti(prefixedId('jti'))
        .sign(key.privateKey)
    },

    verify(token) {
      const digest = hash('sha256', token, 'base64')
      const seen = known.get(digest)
      if (seen) return seen.expiresAt > clock.now() ? seen : undefined
      return readNew(token, digest)
    },
  }
}

/** All silos that the client holds: what clients are told to ask for, who do not know yet which these are. */
export const wholeScope = 'silos'

/** `silo:*`, or one `silo:<id>` per silo. */
export function scopeOf(silos: readonly string[]): string {
  return silos.map(silo => `silo:${silo}`).join(' ')
}

/** The silos of an agent that a scope asks for; undefined when it asks for one that is not its own, or for something else. */
export function silosOfScope(
  scope: string | undefined,
  own: readonly string[],
): readonly string[] | undefined {
  const wanted = (scope ?? '').split(' ').filter(part => part !== '')
  if (wanted.length === 0 || (wanted.length === 1 && wanted[0] === wholeScope)) return own
  const silos: string[] = []
  for (const part of wanted) {
    if (!part.startsWith('silo:')) return undefined
    const silo = part.slice('silo:'.length)
    if (!own.includes(silo) && !own.includes(everySilo)) return undefined
    silos.push(silo)
  }
  return silos
}
