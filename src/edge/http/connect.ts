import { codeOf, sleep } from '#kernel'
import type { Upstream } from '#wire'
import type { EdgeContext } from '../context.ts'
import type { Target } from '../hold.ts'
import type { RouteAddress, RouteMachine } from '../ports.ts'

/** A machine that is being restarted refuses connections for a moment. */
const patienceMs = 3_000
const everyMs = 20

/**
 * A new connection to that machine. Undefined when it went down meanwhile: then another must be found.
 * Rejects with the system's error when it does not accept within three seconds; resolves at once with nothing to do when `isOver`.
 */
export async function connectTo(
  context: EdgeContext,
  target: Target,
  machine: RouteMachine,
  key: string,
  isOver: () => boolean,
): Promise<Upstream | undefined> {
  const { pool, clock, holder } = context
  const until = clock.monotonic() + patienceMs
  for (;;) {
    try {
      return await pool.connect(machine.address, key)
    } catch (error) {
      const refused = ['ECONNREFUSED', 'ENOENT'].includes(codeOf(error) ?? '')
      if (!refused || isOver() || clock.monotonic() > until) throw error
      await sleep(clock, everyMs)
      const current = holder.serviceOf(target)?.machines.find(({ id }) => id === machine.id)
      if (current?.state !== 'started') return undefined
    }
  }
}

/** Under which kept connections to that address are found. */
export function addressKey(address: RouteAddress): string {
  return 'path' in address ? address.path : `${address.host}:${address.port}`
}
