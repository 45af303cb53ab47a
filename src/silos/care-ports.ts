import type { SiloPart } from '#contract'
import type { SiloRecord, SiloSecrets } from './ports.ts'

// What care of silos (leases, modes, rotation, restoring) asks of the world beyond what their life does.

/** A role that logs in to one silo's database, for a time. Times are milliseconds since 1970. */
export interface LeaseRecord {
  readonly id: string
  readonly siloId: string
  /** PostgreSQL role. */
  readonly role: string
  readonly access: 'read-only' | 'read-write'
  readonly bypassRls: boolean
  /** Most rows of one answer. */
  readonly rowLimit: number
  readonly statementTimeoutMs: number
  readonly createdAt: number
  readonly expiresAt: number
  /** Id of the caller that asked for it, and its role at the desk. */
  readonly holder: string
  readonly holderRole: string
  readonly purpose: string
  /** `granting`: written down, not handed out; `ending`: not to be used any more, its role may still be there. */
  readonly state: 'granting' | 'active' | 'ending' | 'ended'
  readonly endedAt: number | null
  readonly endReason: string | null
  readonly verifier: string
}

/** A destroyed silo that can be brought back until `destroyedAt` plus 48 hours. */
export interface Grave {
  /** `{id}@{destroyedAt}`; also names its folder. */
  readonly key: string
  readonly destroyedAt: number
  readonly record: SiloRecord
  /** Names of its volumes, by part. */
  readonly volumes: Partial<Record<SiloPart, readonly string[]>>
}

/** Synchronous; every write is on disk when the call returns. */
export interface CareStore {
  saveLease(lease: LeaseRecord): void
  leases(): LeaseRecord[]
  deleteLease(id: string): void
  saveGrave(grave: Grave, secrets: SiloSecrets): void
  /** The latest first. */
  graves(): Grave[]
  graveSecrets(key: string): SiloSecrets | undefined
  deleteGrave(key: string): void
}

/** What a cluster is told of a lease. */
export type LeaseOfCluster = Pick<
  LeaseRecord,
  'role' | 'access' | 'bypassRls' | 'verifier' | 'expiresAt' | 'statementTimeoutMs'
> & { readonly connections: number }

export type RlsModeName = 'production' | 'permissive' | 'disabled'

export interface RlsFacts {
  readonly mode: RlsModeName
  readonly tables: number
  readonly enforced: number
  readonly withoutPolicy: readonly string[]
  readonly setAside: readonly string[]
  readonly notRestored: readonly string[]
}

/** Running clusters, by the id of their machine, with the operator's own rights. */
export interface SiloDatabases {
  verifierOf(password: string): Promise<string>
  /** Makes the cluster's leases be exactly those; sessions of others are over when it resolves. */
  applyLeases(machineId: string, leases: readonly LeaseOfCluster[]): Promise<{ endedSessions: number }>
  /** Ends sessions that take longer than they may. `roles`: the leases that the cluster has. */
  superviseLeases(
    machineId: string,
    leases: readonly Pick<LeaseRecord, 'role' | 'statementTimeoutMs'>[],
  ): Promise<{
    readonly ended: readonly { readonly role: string; readonly why: string }[]
    readonly roles: readonly string[]
  }>
  setRlsMode(machineId: string, mode: RlsModeName): Promise<RlsFacts>
  readRls(machineId: string): Promise<RlsFacts>
}

/** Where data of destroyed silos waits. Every call can be repeated. */
export interface Attic {
  /** Takes a volume's content away, complete or not at all. */
  keep(key: string, item: string, volumeId: string): Promise<void>
  /** Gives it to a volume that is still empty. */
  giveBack(key: string, item: string, volumeId: string): Promise<void>
  /** Deletes everything of that key. */
  remove(key: string): Promise<void>
}

/** Where the frontend of a silo is built. */
export interface FrontendHost {
  /** Sets the two public variables and starts a deploy. Refuses anything but a URL and an anon key. */
  publish(siteId: string, values: { readonly url: string; readonly anonKey: string }): Promise<void>
}
