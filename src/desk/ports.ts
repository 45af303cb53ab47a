import type { Finding, MachineStats, MachinesApi, Status } from '#contract'
import type { Clock } from '#kernel'
import type { SiloManager } from '#silos'
import type { ApprovalStore } from './approval-port.ts'
import type { AuditStore } from './audit/index.ts'
import type { Identity } from './identity/index.ts'
import type { RateLimits } from './rate-limit.ts'

/** Logs of machines, as the desk hands them on. */
export interface LogSource {
  tail(machineId: string, lines: number): Promise<string[]>
  follow(machineId: string, onLine: (line: string) => void): () => void
}

/** What the operations stand on. */
export interface DeskOptions {
  readonly machines: MachinesApi
  readonly silos: SiloManager
  readonly logs: LogSource
  readonly org: string
  readonly identity: Identity
  readonly clock: Clock
  stats(app: string, machineId: string): MachineStats | undefined | Promise<MachineStats | undefined>
  /** Where each internal port of a machine answers on this machine, as text. */
  portsOf(app: string, machineId: string): { internal: string; here: string }[]
  /** Addresses of an app's services that work when pasted. */
  addressesOf(app: string): string[]
  isPublic(app: string): boolean
  status(): Promise<Status>
  doctor(): Promise<Finding[]>
  /** Ends the daemon, after the answer is on its way. */
  down(): void
  readonly auditStore: AuditStore
  /** Where old rows of the audit are moved to. */
  readonly auditFolder: string
  readonly approvalStore: ApprovalStore
  readonly rateLimits?: RateLimits | undefined
}
