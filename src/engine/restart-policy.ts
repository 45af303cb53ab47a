import type { MachineConfig } from '#contract'
import type { ExitInfo } from './ports.ts'

/** Fly gives up after this many unwanted exits … */
const defaultMaxRetries = 10
/** … within this time. */
const windowMs = 5 * 60_000
const firstDelayMs = 100
const longestDelayMs = 30_000

export type RestartDecision =
  | { readonly restart: true; readonly delayMs: number; readonly count: number }
  | { readonly restart: false; readonly gaveUp: boolean }

/**
 * What follows an exit that nobody asked for. `failures` are the times of earlier ones; a first failure is answered at once, each further one within the window waits twice as long.
 * Times are compared on the wall clock, because they outlive the daemon; see recentFailures for a clock that jumps.
 */
export function decideRestart(
  config: MachineConfig,
  exit: ExitInfo,
  failures: readonly number[],
  nowMs: number,
): RestartDecision {
  const policy = config.restart?.policy ?? 'on-failure'
  const failed = exit.exitCode !== 0
  if (policy === 'no' || (policy !== 'always' && !failed)) return { restart: false, gaveUp: false }
  const recent = recentFailures(failures, nowMs)
  const limit =
    policy === 'always' ? Number.POSITIVE_INFINITY : (config.restart?.max_retries ?? defaultMaxRetries)
  if (recent.length >= limit) return { restart: false, gaveUp: true }
  const delayMs = recent.length === 0 ? 0 : Math.min(longestDelayMs, firstDelayMs * 2 ** (recent.length - 1))
  return { restart: true, delayMs, count: recent.length + 1 }
}

/** Those of the last five minutes. One that lies further in the future than that is of a clock that was set back since: it would count for hours, so it is forgotten. */
export function recentFailures(failures: readonly number[], nowMs: number): number[] {
  return failures.filter(at => Math.abs(nowMs - at) < windowMs)
}
