// What daemon and service host say to each other, over the channel that Node gives parent and child.

export interface InstanceSpec {
  readonly id: string
  readonly service: string
  readonly env: Readonly<Record<string, string>>
  /** Loopback port by internal port. */
  readonly ports: Readonly<Record<number, number>>
  readonly cacheDirectory: string
  readonly logPath: string
}

export type HostRequest =
  | { readonly type: 'start'; readonly call: number; readonly spec: InstanceSpec }
  | { readonly type: 'stop'; readonly call: number; readonly id: string; readonly graceMs: number }
  | { readonly type: 'suspend' | 'resume'; readonly call: number; readonly id: string }
  | { readonly type: 'usage'; readonly call: number; readonly id: string }

export interface InstanceUsage {
  readonly requests: number
  /** Of this instance and of all instances of the host: its share is an estimate. */
  readonly cpuMs: number
  readonly hostCpuMs: number
  readonly instances: number
}

export type HostMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'done'; readonly call: number; readonly result?: InstanceUsage }
  | { readonly type: 'failed'; readonly call: number; readonly message: string }
  /** An instance threw where nothing caught it: it is closed, the others go on. */
  | { readonly type: 'threw'; readonly id: string; readonly message: string }

/** A host whose event loop stands still. */
export interface StallReport {
  readonly stalledMs: number
  /** Whose code was running; null when that could not be found out. */
  readonly id: string | null
}
