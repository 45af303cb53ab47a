import type { SiloConnection } from '#contract'
import type { JournalEntry } from '#kernel'

// What the silos ask of the world: a place for their records, and what the edge knows. Machines are reached through MachinesApi only.

/** A long operation on a silo, written down before its first step; a record with one is half-way and is finished at the next start. */
export interface SiloOperation {
  readonly kind: 'provision' | 'start' | 'stop' | 'destroy' | 'rotate' | 'move' | 'restore'
  readonly startedAt: number
  readonly journal: readonly JournalEntry[]
  /** Of rotate and move: whether it is to run again afterwards. */
  readonly resume?: boolean
  /** Of move: where from and where to. */
  readonly from?: string
  readonly to?: string
  /** Of restore: which grave. */
  readonly grave?: string
}

/** Where the silo's frontend is built, and what it was told last. */
export interface SiloFrontend {
  readonly siteId: string
  readonly url: string
  /** Version of the keys that it has; behind the silo's while an update is owed. */
  readonly keyVersion: number
  readonly setAt: number | null
  /** Why the last update failed. */
  readonly error: string | null
}

/** Times are milliseconds since 1970. */
export interface SiloRecord {
  readonly id: string
  /** `{client}-{app}` */
  readonly alias: string
  readonly client: string
  readonly app: string
  readonly region: string
  /** What it should be doing once no operation is under way. */
  readonly wanted: 'running' | 'stopped'
  readonly operation: SiloOperation | null
  readonly createdAt: number
  readonly lastStartedAt: number | null
  readonly lastStoppedAt: number | null
  readonly autoStopMinutes: number
  readonly studio: boolean
  /** Not put to sleep before that, however idle; milliseconds since 1970. Records of older versions have none. */
  readonly awakeUntil?: number | null
  /** The last failure, one sentence. */
  readonly error: string | null
  /** Counts rotations; the keys that it was made with are 1. */
  readonly keyVersion?: number
  /** Mode of row-level security. Default: production. */
  readonly rlsMode?: 'production' | 'permissive' | 'disabled'
  readonly frontend?: SiloFrontend | null
}

/** Everything secret of a silo; the store seals it. */
export interface SiloSecrets {
  readonly jwtSecret: string
  readonly anonKey: string
  readonly serviceRoleKey: string
  readonly postgresPassword: string
  readonly authenticatorPassword: string
  readonly authAdminPassword: string
  readonly storageAdminPassword: string
  readonly dashboardPassword: string
}

/** Synchronous; every write is on disk when the call returns. One that need not be `lasting` is there once `synced` has resolved; a crash of the daemon does not lose it. */
export interface SiloStore {
  /** With a record that no longer wants to run, its connection is deleted in the same transaction. */
  save(record: SiloRecord, options?: { readonly lasting: boolean }): void
  get(id: string): SiloRecord | undefined
  list(): SiloRecord[]
  /** True once a record was saved, also when all were deleted since. */
  everHadOne(): boolean
  /** Resolves when all that was written so far is on disk; rejects when the disk refuses. */
  synced(): Promise<void>
  /** Removes the record and its secrets. */
  delete(id: string): void
  saveSecrets(id: string, secrets: SiloSecrets, options?: { readonly lasting: boolean }): void
  secrets(id: string): SiloSecrets | undefined
  deleteSecrets(id: string): void
  /** The connection record that the desk tells parts of; sealed. */
  saveConnection(id: string, connection: SiloConnection): void
  connection(id: string): SiloConnection | undefined
}

export interface AppActivity {
  /** Milliseconds since 1970 of the last request's or connection's begin or end. */
  readonly at: number
  /** The same moment on the monotonic clock: idle time is counted from it, so that a wall clock that jumps puts nothing to sleep. */
  readonly usedMs: number
  /** Requests under way and open connections. */
  readonly open: number
  readonly client: string
  readonly door: string
}

/** What the edge knows of an app. */
export interface SiloDoors {
  activity(app: string): AppActivity | undefined
  /** Stable loopback address of an app's service, e.g. `127.0.0.1:20001`. */
  door(app: string, internalPort: number): string
}
