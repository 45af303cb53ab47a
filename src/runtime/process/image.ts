import type { Address, LaunchSpec } from '#engine'

export interface ProcessCommand {
  readonly file: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly uid?: number
  readonly gid?: number
}

/** How one kind of image runs as a process. Only `command` is required. */
export interface ProcessImage {
  command(spec: LaunchSpec): ProcessCommand
  addressOf?(spec: Pick<LaunchSpec, 'machineId' | 'directory' | 'ports'>, internalPort: number): Address
  /** Before the process is started. */
  prepare?(spec: LaunchSpec): Promise<void>
  /** Resolves when it accepts connections; `signal` aborts when the process ended. Default: all its ports accept. */
  ready?(spec: LaunchSpec, process: { readonly signal: AbortSignal }): Promise<void>
  /** Once it is ready, before it counts as started. */
  started?(spec: LaunchSpec): Promise<void>
}
