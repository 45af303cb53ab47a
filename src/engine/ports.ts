import type {
  ExecInput,
  ExecResult,
  Guest,
  ImageRef,
  MachineConfig,
  MachineStats,
  ProcessStat,
} from '#contract'

// What the engine asks of the world. Adapters live in runtime/, store/ and edge/; only daemon/ joins them.

/** Where a port of a machine answers: a loopback TCP port or a Unix socket. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string }

/** A file to place before the machine starts; `hostPath` is where it is on this machine. */
export interface LaunchFile {
  readonly guestPath: string
  readonly hostPath: string
  readonly content: Uint8Array
  readonly mode: number
}

export interface LaunchMount {
  readonly guestPath: string
  readonly hostPath: string
}

/** Everything a runtime needs to run one machine. Complete: a runtime reads nothing else. */
export interface LaunchSpec {
  readonly app: string
  readonly network: string
  readonly machineId: string
  readonly instanceId: string
  /** Unique per start and recorded before it, so that a process can be told from a stranger after a crash. */
  readonly token: string
  readonly image: string
  readonly config: MachineConfig
  /** Final: FLY_*, config, secrets, private names and guest paths already rewritten. */
  readonly env: Readonly<Record<string, string>>
  readonly files: readonly LaunchFile[]
  readonly mounts: readonly LaunchMount[]
  /** The machine's own folder on this machine; exists. */
  readonly directory: string
  /** Loopback port that was allocated for each internal port. */
  readonly ports: Readonly<Record<number, number>>
  readonly guest: Guest
}

/** By what something that runs is known for this machine's; nothing of it can be missing, as a secret of a whole launch can. */
export type LaunchClaim = Pick<LaunchSpec, 'machineId' | 'image' | 'token'>

export interface ExitInfo {
  readonly exitCode: number | null
  readonly signal: string | null
  readonly oomKilled: boolean
  /** Milliseconds since 1970. */
  readonly at: number
}

/** What is needed to find the running thing again after the daemon was restarted; plain JSON. */
export type RunHandle = Record<string, string | number | null>

export interface Started {
  readonly handle: RunHandle
}

/** What the engine asks of whatever runs machines. Methods throw HangarError; "already gone" is not an error. */
export interface Runtime {
  /** What `image` is here. Throws a user error that names what the catalogue knows. */
  resolve(image: string): ImageRef
  /** Where that port of that machine will answer; depends on the spec only, known before the start. */
  addressOf(
    spec: Pick<LaunchSpec, 'machineId' | 'image' | 'directory' | 'ports'>,
    internalPort: number,
  ): Address
  /** Resolves when the machine runs and its services accept connections (or it has none). `onExit` is called once, also after a requested stop. */
  start(spec: LaunchSpec, onExit: (exit: ExitInfo) => void, signal?: AbortSignal): Promise<Started>
  /** Takes over what still runs from before a restart of the daemon; undefined when it is not there, or not provably ours. */
  adopt(claim: LaunchClaim, handle: RunHandle, onExit: (exit: ExitInfo) => void): Promise<Started | undefined>
  /** Signal, wait, then kill the whole group. Resolves when nothing of it is left. */
  stop(machineId: string, options: { signal: string; timeoutMs: number }): Promise<void>
  suspend(machineId: string): Promise<void>
  resume(machineId: string): Promise<void>
  signal(machineId: string, signal: string): Promise<void>
  exec(spec: LaunchSpec, input: ExecInput): Promise<ExecResult>
  processes(machineId: string): Promise<ProcessStat[]>
  /** Undefined when the machine does not run. */
  stats(machineId: string): Promise<MachineStats | undefined>
  /** Ends everything of this home that runs with a token that is not listed. Returns what it ended. */
  sweep(tokens: ReadonlySet<string>): Promise<string[]>
}

/** One health probe. Resolves with its verdict, never rejects. */
export interface Probe {
  http(
    address: Address,
    options: {
      method: string
      path: string
      headers: readonly { name: string; values: string[] }[]
      timeoutMs: number
    },
  ): Promise<{ ok: boolean; output: string }>
  tcp(address: Address, timeoutMs: number): Promise<{ ok: boolean; output: string }>
}

/** Loopback doors of the edge, for names that lead through it. */
export interface Doors {
  /** The stable private door of an app's service. */
  privateDoor(app: string, internalPort: number): { host: string; port: number }
}
