import type { IncomingMessage } from 'node:http'
import { HangarError } from '#kernel'
import type { Authenticator } from '../authenticator.ts'
import type { Caller } from '../caller.ts'
import { type AccessClaims, type AccessTokens, wholeScope } from './access-tokens.ts'
import { type DeskAddresses, paths } from './addresses.ts'
import { type Agents, staticTokenPrefix } from './agents.ts'
import { type AgentRecord, everySilo } from './ports.ts'

export interface AuthenticateParts {
  readonly agents: Agents
  readonly tokens: AccessTokens
  readonly addresses: DeskAddresses
  /** When the silo that has this id now was made (milliseconds since 1970); undefined: there is none. */
  siloMadeAt(id: string): number | undefined
}

/** Longer headers are nobody's token. */
const longestHeader = 8192
const authorization = 'authorization'

/**
 * Who calls, by a bearer token: an access token of this desk or a static one. Whatever a token says, what counts is what its agent may now:
 * a revoked agent, a role that was changed and a silo that was destroyed end with the next call.
 */
export function createAuthenticator(parts: AuthenticateParts): Authenticator {
  const { agents, tokens, addresses, siloMadeAt } = parts

  return {
    authenticate(request, via) {
      const token = bearerOf(request)
      if (token === undefined) throw refused('This needs an access token')
      if (token.startsWith(`${staticTokenPrefix}_`)) {
        const agent = agents.byStaticToken(token)
        if (!agent) throw refused(notGood)
        return callerOf(agent, agent.silos, via)
      }
      const claims = tokens.verify(token)
      return claims instanceof Promise ? claims.then(read => callerBy(read, via)) : callerBy(claims, via)
    },

    challenge: origin =>
      `Bearer resource_metadata="${origin}${paths.resource}${paths.mcp}", scope="${wholeScope}"`,
  }

  function callerBy(claims: AccessClaims | undefined, via: 'rest' | 'mcp'): Caller {
    const agent = claims && agents.find(claims.agentId)
    if (
      !claims ||
      !agent ||
      agent.id !== claims.agentId ||
      agent.revokedAt !== null ||
      agent.role !== claims.role
    )
      throw refused(notGood)
    const whole = claims.audience.some(audience => addresses.all().includes(audience))
    if (via !== 'mcp' && !whole) throw refused(notGood)
    return callerOf(agent, narrowed(claims.silos, agent.silos), via)
  }

  function callerOf(agent: AgentRecord, silos: readonly string[], via: 'rest' | 'mcp'): Caller {
    const held = silos.includes(everySilo)
      ? ('*' as const)
      : // A silo that was destroyed and made again under its old name is another one.
        silos.filter(id => (siloMadeAt(id) ?? Number.POSITIVE_INFINITY) <= agent.boundAt)
    return { id: agent.id, kind: 'agent', role: agent.role, silos: held, via }
  }
}

const notGood = 'This access token is not accepted: it is unknown, out of date, revoked or for something else'

function refused(message: string): HangarError {
  return new HangarError(message, {
    code: 'HGR_DESK_UNAUTHENTICATED',
    status: 401,
    hint: 'Send "Authorization: Bearer <token>"; "hangar agent token" gets one.',
  })
}

/** The token of `Authorization: Bearer …`; undefined when there is none or more than one header. Never looked for in the URL. */
function bearerOf(request: IncomingMessage): string | undefined {
  // `headers` has the first of several alone; `headersDistinct` sorts all headers to tell how many there are.
  let header: string | undefined
  const { rawHeaders } = request
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    if (name.length !== authorization.length || name.toLowerCase() !== authorization) continue
    if (header !== undefined) return undefined
    header = rawHeaders[at + 1] as string
  }
  if (header === undefined || header.length > longestHeader) return undefined
  return /^Bearer +([\w.~+/-]+=*)$/i.exec(header)?.[1]
}

/** What both allow. */
function narrowed(wanted: readonly string[], own: readonly string[]): readonly string[] {
  if (own.includes(everySilo)) return wanted
  return wanted.includes(everySilo) ? own : wanted.filter(id => own.includes(id))
}
