import type {
  AppRecord,
  EventRecord,
  IpRecord,
  MachineRecord,
  SecretRecord,
  SnapshotRecord,
  VersionRecord,
  VolumeRecord,
} from './records.ts'

/**
 * Where the engine writes before it acts. Synchronous, and on disk when a call returns; the engine reads everything once at its start
 * and keeps it in memory. `transaction` makes several writes one; one that need not be `lasting` survives a crash of the process, and one of the
 * system once `synced` has resolved.
 */
export interface MachineStore {
  transaction<T>(work: () => T, options?: { readonly lasting: boolean }): T
  /** Resolves when all that was written so far is on disk; rejects when the disk refuses. */
  synced(): Promise<void>

  apps(): AppRecord[]
  saveApp(record: AppRecord): void
  /** With everything that belongs to it. */
  deleteApp(name: string): void

  machines(): MachineRecord[]
  saveMachine(record: MachineRecord): void
  /** With its events and versions. */
  deleteMachine(id: string): void

  appendEvent(event: EventRecord): void
  /** Newest first. */
  events(machineId: string, limit: number): EventRecord[]
  saveVersion(record: VersionRecord): void
  /** Newest first. */
  versions(machineId: string): VersionRecord[]

  volumes(): VolumeRecord[]
  saveVolume(record: VolumeRecord): void
  deleteVolume(id: string): void
  snapshots(volumeId: string): SnapshotRecord[]
  saveSnapshot(record: SnapshotRecord): void

  secrets(app: string): SecretRecord[]
  saveSecret(record: SecretRecord): void
  deleteSecret(app: string, name: string): void

  ips(app: string): readonly IpRecord[]
  saveIp(record: IpRecord): void
  deleteIp(app: string, ip: string): void

  /** Allocated loopback ports by key. */
  ports(): { key: string; port: number }[]
  savePort(key: string, port: number): void
  deletePort(key: string): void
}

/** Seals secret values; `context` (app and name) is bound to the result, so that a sealed value cannot be moved elsewhere. */
export interface Sealer {
  seal(plain: string, context: string): Uint8Array
  open(sealed: Uint8Array, context: string): string
}
