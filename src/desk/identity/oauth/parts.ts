import type { Clock, Log } from '#kernel'
import { RateLimiter } from '../../rate-limit.ts'
import type { AccessTokens } from '../access-tokens.ts'
import type { DeskAddresses } from '../addresses.ts'
import type { Agents } from '../agents.ts'
import type { IdentityStore } from '../ports.ts'
import type { SigningKey } from '../signing-key.ts'
import { OAuthError } from './errors.ts'
import type { OAuthAudit } from './record.ts'

/** What the OAuth2 endpoints stand on. */
export interface OAuthParts {
  readonly agents: Agents
  readonly store: IdentityStore
  readonly clock: Clock
  readonly addresses: DeskAddresses
  readonly tokens: AccessTokens
  readonly key: SigningKey
  readonly log: Log
  readonly audit: OAuthAudit
  readonly grants: GrantLimit
}

export interface GrantLimit {
  /** Throws OAuthError (429) when that agent asks for tokens faster than anybody needs them. */
  pass(agentId: string): void
}

/** A token lasts ten minutes, so even an agent that asks anew at every start stays far below. */
const grantLimits = { burst: 30, perSecond: 1 }

export function createGrantLimit(clock: Clock): GrantLimit {
  const limiter = new RateLimiter(clock, grantLimits)
  return {
    pass(agentId) {
      const seconds = limiter.take(agentId)
      if (seconds > 0)
        throw new OAuthError('slow_down', `Too many tokens; the next in ${seconds} s`, 429, seconds)
    },
  }
}
