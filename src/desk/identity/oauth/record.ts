import { type Clock, type Log, ulid } from '#kernel'
import { type Audit, createStrangers } from '../../audit/index.ts'
import { RateLimiter } from '../../rate-limit.ts'

/** Agent or admission; undefined: nobody we know, of whom only is written that it was refused. */
type Known = { readonly id: string; readonly role: string } | undefined

interface Detail {
  /** Checked and without secrets: what was granted, not what was sent. */
  readonly input?: Readonly<Record<string, string>>
  readonly code?: string | null
}

/** Failed proofs of one agent that get a row each; of more, one in ten seconds does, so that guessing does not fill the disk. */
const failureLimits = { burst: 10, perSecond: 0.1 }

/** What happens at the OAuth2 endpoints, in the same audit as calls: who got a token for what, who registered, who tried. */
export interface OAuthAudit {
  /** Begins a call; what it returns writes its rows. That rejects when a row cannot be written: then the call fails, too. */
  begin(
    operation: 'agent.token' | 'agent.register',
  ): (outcome: 'begun' | 'ok' | 'refused', caller: Known, detail?: Detail) => Promise<void>
}

export function createOAuthAudit(parts: {
  readonly audit: Pick<Audit, 'append'>
  readonly clock: Clock
  readonly log: Log
}): OAuthAudit {
  const { audit, clock } = parts
  const strangers = createStrangers(parts)
  const failures = new RateLimiter(clock, failureLimits)
  return {
    begin(operation) {
      const call = ulid(clock.now())
      const began = clock.monotonic()
      return async (outcome, caller, { input = {}, code = null } = {}) => {
        if (!caller) return strangers.refused('oauth', operation, code ?? 'refused')
        if (outcome === 'refused' && failures.take(caller.id) > 0) return
        await audit.append({
          call,
          caller: caller.id,
          role: caller.role,
          via: 'oauth',
          operation,
          silo_id: null,
          input: JSON.stringify(input),
          outcome,
          code,
          duration_ms: Math.round((clock.monotonic() - began) * 100) / 100,
        })
      }
    },
  }
}
