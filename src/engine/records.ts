import type { ImageRef, MachineConfig, MachineEvent, MachineState } from '#contract'
import type { RunHandle } from './ports.ts'

// What the engine remembers. Times are milliseconds since 1970.

export interface AppRecord {
  readonly id: string
  readonly name: string
  readonly numericId: number
  readonly org: string
  readonly network: string
  readonly createdAt: number
  /** Counts up with every change of the app's secrets. */
  readonly secretsVersion: number
}

export interface LeaseRecord {
  readonly nonce: string
  readonly expiresAt: number
  /** Its whole time; not known of leases of older versions. */
  readonly ttlMs?: number
  readonly owner: string
  readonly description: string
}

export interface MachineRecord {
  readonly id: string
  readonly app: string
  readonly name: string
  readonly region: string
  readonly state: MachineState
  /** ULID of the version that is configured; a new one with every update. */
  readonly instanceId: string
  readonly config: MachineConfig
  readonly image: ImageRef
  readonly createdAt: number
  readonly updatedAt: number
  readonly cordoned: boolean
  readonly lease: LeaseRecord | null
  readonly skipSecrets: boolean
  readonly minSecretsVersion: number
  /** Set before a start and kept while anything of it may run. */
  readonly token: string | null
  readonly handle: RunHandle | null
  readonly startedAt: number | null
  /** Times of the last unwanted exits, for the restart policy. */
  readonly failures: readonly number[]
  /** Secrets version that the running process was started with. */
  readonly startedSecretsVersion: number
  /** What is under way, a restart or an update, ends with a start. */
  readonly relaunch?: boolean
  /** Rest in `created` counts as `stopped` for who waits: the machine is prepared and does not run. */
  readonly prepared: boolean
}

export interface VersionRecord {
  readonly machineId: string
  readonly instanceId: string
  readonly config: MachineConfig
  readonly createdAt: number
}

export interface VolumeRecord {
  readonly id: string
  readonly app: string
  readonly name: string
  readonly region: string
  readonly sizeGb: number
  readonly encrypted: boolean
  readonly fstype: string
  readonly snapshotRetention: number
  readonly autoBackupEnabled: boolean
  readonly state: 'created' | 'pending_destroy'
  readonly createdAt: number
  readonly destroyedAt: number | null
}

export interface SnapshotRecord {
  readonly id: string
  readonly volumeId: string
  readonly createdAt: number
  readonly sizeBytes: number
  readonly digest: string
  readonly retentionDays: number
}

export interface SecretRecord {
  readonly app: string
  readonly name: string
  readonly sealed: Uint8Array
  readonly digest: string
  readonly createdAt: number
  readonly updatedAt: number
}

export interface IpRecord {
  readonly app: string
  readonly ip: string
  readonly region: string
  readonly serviceName: string
  readonly shared: boolean
  readonly createdAt: number
}

export interface EventRecord extends MachineEvent {
  readonly machineId: string
}
