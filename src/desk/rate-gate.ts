import type { Operation } from '#contract'
import { type Clock, ulid } from '#kernel'
import type { Audit } from './audit/index.ts'
import { type Caller, isOperator } from './caller.ts'
import { deskErrors } from './errors.ts'
import { RateLimiter, type RateLimits } from './rate-limit.ts'

const rowEveryMs = 1000

/**
 * Lets agents pass at their rate. Calls beyond it are refused before anything is looked at, and written to the audit as one row with their number
 * per second and caller: a flood must not fill the disk.
 */
export function rateGate(parts: {
  readonly audit: Audit
  readonly clock: Clock
  readonly rateLimits?: RateLimits | undefined
}) {
  const limiter = new RateLimiter(parts.clock, parts.rateLimits)
  const refused = new Map<string, { caller: Caller; operation: string; count: number }>()

  function note(caller: Caller, operation: Operation): void {
    const known = refused.get(caller.id)
    if (known) {
      known.count++
      return
    }
    const entry = { caller, operation: operation.name, count: 1 }
    refused.set(caller.id, entry)
    parts.clock.after(rowEveryMs, () => {
      refused.delete(caller.id)
      // The log tells when the audit cannot be written; the calls were refused already.
      write(entry).catch(() => {})
    })
  }

  function write({ caller, operation, count }: { caller: Caller; operation: string; count: number }) {
    return parts.audit.append({
      call: ulid(parts.clock.now()),
      caller: caller.id,
      role: caller.role,
      via: caller.via,
      operation,
      silo_id: null,
      input: JSON.stringify({ calls_refused: count }),
      outcome: 'refused',
      code: 'HGR_DESK_RATE',
      duration_ms: 0,
    })
  }

  return {
    /** Throws 429 with the seconds to wait. */
    pass(caller: Caller, operation: Operation): void {
      if (isOperator(caller)) return
      const seconds = limiter.take(caller.id)
      if (seconds === 0) return
      note(caller, operation)
      throw deskErrors.tooMany(seconds)
    },
  }
}
