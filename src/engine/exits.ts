import type { ExitInfo } from './ports.ts'

/** What an exit event carries, in the form that Fly's clients read. */
export function exitRequest(
  exit: ExitInfo | undefined,
  facts: { requested: boolean; restarting: boolean; count: number; at: number },
): Record<string, unknown> {
  return {
    exit_event: {
      exit_code: exit?.exitCode ?? 0,
      guest_exit_code: exit?.exitCode ?? 0,
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

/** `signal SIGKILL`, `exit code 1` */
export function describeExit(exit: ExitInfo): string {
  if (exit.oomKilled) return 'out of memory'
  return exit.signal ? `signal ${exit.signal}` : `exit code ${exit.exitCode}`
}
