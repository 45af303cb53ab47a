import { constants } from 'node:os'
import type { ExitInfo } from './ports.ts'

/** What an exit event carries, in the form that Fly's clients read. */
export function exitRequest(
  exit: ExitInfo | undefined,
  facts: { requested: boolean; restarting: boolean; count: number; at: number },
): Record<string, unknown> {
  return {
    exit_event: {
      exit_code: exitCodeOf(exit),
      guest_exit_code: exitCodeOf(exit),
      guest_signal: -1,
      signal: -1,
      oom_killed: exit?.oomKilled ?? false,
      requested_stop: facts.requested,
      restarting: facts.restarting,
      exited_at: new Date(exit?.at ?? facts.at).toISOString(),
    },
    restart_count: facts.count,
  }
}

/** As a shell tells it: 128 and the signal's number for who was ended by one; -1 when nobody saw how it ended. */
function exitCodeOf(exit: ExitInfo | undefined): number {
  if (!exit) return 0
  if (exit.exitCode !== null) return exit.exitCode
  const signals: Readonly<Record<string, number>> = constants.signals
  return exit.signal === null ? -1 : 128 + (signals[exit.signal] ?? 0)
}

/** `signal SIGKILL`, `exit code 1` */
export function describeExit(exit: ExitInfo): string {
  if (exit.oomKilled) return 'out of memory'
  return exit.signal ? `signal ${exit.signal}` : `exit code ${exit.exitCode}`
}
