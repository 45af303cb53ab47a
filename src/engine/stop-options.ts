import type { MachineConfig } from '#contract'
import { milliseconds } from './checks.ts'

const defaultTimeoutMs = 5_000
const defaultSignal = 'SIGINT'

/** How a caller wants it stopped. */
export interface StopInput {
  readonly signal?: string | undefined
  readonly timeoutMs?: number | undefined
}

/** How a machine is stopped: as the caller says, as its config says, as Fly does. */
export function stopOptions(
  config: MachineConfig,
  input: StopInput = {},
): { signal: string; timeoutMs: number } {
  const { stop_config: stop } = config
  return {
    signal: input.signal ?? stop?.signal ?? defaultSignal,
    timeoutMs: input.timeoutMs ?? milliseconds(stop?.timeout, defaultTimeoutMs),
  }
}
