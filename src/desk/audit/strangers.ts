import { type Clock, type Log, messageOf, ulid } from '#kernel'
import type { Audit } from './audit.ts'

/** After a row, further refusals of the same kind are counted for so long, and are one row then. */
const countedMs = 10_000

/**
 * Requests that were refused before anybody was known: a wrong token, a foreign Host. The first of a kind has its row at once; those that follow
 * within ten seconds have one together, so that a flood costs a few kilobytes an hour.
 */
export interface Strangers {
  /** Resolves when it is written or counted. Never rejects: the request is refused already, and the log tells why there is no row. */
  refused(via: string, operation: string, code: string): Promise<void>
}

export function createStrangers(parts: {
  readonly audit: Pick<Audit, 'append'>
  readonly clock: Clock
  readonly log: Log
}): Strangers {
  const { audit, clock, log } = parts
  /** By face and code; both are ours, so there are few. */
  const counted = new Map<string, { operation: string; count: number }>()

  async function write(via: string, operation: string, code: string, count: number): Promise<void> {
    const row = {
      call: ulid(clock.now()),
      caller: 'nobody',
      role: 'nobody',
      via,
      operation,
      silo_id: null,
      input: JSON.stringify({ requests_refused: count }),
      outcome: 'refused' as const,
      code,
      duration_ms: 0,
    }
    await audit
      .append(row)
      .catch(error => log.error({ reason: messageOf(error) }, 'a refused request has no row in the audit'))
  }

  return {
    async refused(via, operation, code) {
      const key = `${via} ${code}`
      const known = counted.get(key)
      if (known) {
        known.operation = operation
        known.count++
        return
      }
      const entry = { operation, count: 0 }
      counted.set(key, entry)
      clock.after(countedMs, () => {
        counted.delete(key)
        if (entry.count > 0) void write(via, entry.operation, code, entry.count)
      })
      await write(via, operation, code, 1)
    },
  }
}
