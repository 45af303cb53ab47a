import type { MachineConfig } from '#contract'
import { milliseconds } from './checks.ts'

const defaultTimeoutMs = 5_000
const defaultSignal = 'SIGINT'

/** How a machine is stopped: as the caller says, as its config says, as Fly does. */
export function stopOptions(
  config: MachineConfig,
  input: { signal?: string | undefined; timeoutMs?: number | undefined } = {},
): { signal: string; timeoutMs: number } {
  const { stop_config: stop } = config
  return {
    signal: input.signal ?? stop?.signal ?? defaultSignal,
    timeoutMs: input.timeoutMs ?? milliseconds(stop?.timeout, defaultTimeoutMs),
  }
}
