import type { MachineConfig } from './config.ts'
import type {
  App,
  AppSecret,
  IpAssignment,
  Lease,
  Machine,
  MachineEvent,
  ProcessStat,
  Region,
  Volume,
  VolumeSnapshot,
} from './resources.ts'

export interface CreateAppInput {
  name: string
  org?: string
  /** Apps with the same network name see each other. Default: `default`. */
  network?: string
}

export interface LaunchInput {
  name?: string
  region?: string
  config: MachineConfig
  /** Create without starting. */
  skipLaunch?: boolean
  /** Create cordoned: started, but not routed to. */
  skipServiceRegistration?: boolean
  skipSecrets?: boolean
  minSecretsVersion?: number
  /** Seconds; the answer then carries `nonce`. */
  leaseTtl?: number
}

export interface UpdateInput extends LaunchInput {
  /** Refuse when the machine is no longer at this version. */
  currentVersion?: string
}

export interface ListMachinesQuery {
  includeDeleted?: boolean
  region?: string
  states?: string[]
  metadata?: Record<string, string>
}

export interface WaitQuery {
  states?: string[]
  /** Version or instance id that must have reached the state. */
  version?: string
  fromEventId?: string
  /** Seconds, 1 to 60. Default: 60. */
  timeout?: number
}

export interface StopInput {
  signal?: string
  timeoutMs?: number
}

export interface ExecInput {
  command: string[]
  stdin?: string
  timeoutMs?: number
  /** Leave known secrets in the output. Default: they are taken out. */
  reveal?: boolean
}

export interface ExecResult {
  exit_code: number
  exit_signal: number
  stdout: string
  stderr: string
}

export interface CreateVolumeInput {
  name: string
  region?: string
  /** Gigabytes. Default: 3. */
  sizeGb?: number
  encrypted?: boolean
  fstype?: string
  snapshotId?: string
  sourceVolumeId?: string
  /** Days, 1 to 60. Default: 5. */
  snapshotRetention?: number
  autoBackupEnabled?: boolean
}

/** Who asks, and with which lease. */
export interface Caller {
  nonce?: string
  /** For lease owners and events. Default: `local`. */
  user?: string
  source?: 'user' | 'flyd' | 'proxy'
}

/**
 * The one contract between everything above and whatever runs machines: the engine implements it in process, `fly` over HTTP.
 * Every method throws HangarError with the status that the wire would carry (404, 409, 412, 408, 422 …).
 */
export interface MachinesApi {
  listApps(org?: string): Promise<App[]>
  createApp(input: CreateAppInput): Promise<App>
  getApp(app: string): Promise<App>
  /** Destroys machines too when `force`; otherwise refuses while some exist. */
  deleteApp(app: string, options?: { force?: boolean }): Promise<void>

  listMachines(app: string, query?: ListMachinesQuery): Promise<Machine[]>
  createMachine(app: string, input: LaunchInput, caller?: Caller): Promise<Machine>
  getMachine(app: string, id: string): Promise<Machine>
  updateMachine(app: string, id: string, input: UpdateInput, caller?: Caller): Promise<Machine>
  destroyMachine(app: string, id: string, options?: { force?: boolean }, caller?: Caller): Promise<void>
  /** Resolves when the start is recorded; `waitMachine` tells when it is done. */
  startMachine(app: string, id: string, caller?: Caller): Promise<{ previousState: string }>
  stopMachine(app: string, id: string, input?: StopInput, caller?: Caller): Promise<void>
  suspendMachine(app: string, id: string, caller?: Caller): Promise<void>
  restartMachine(
    app: string,
    id: string,
    input?: StopInput & { force?: boolean },
    caller?: Caller,
  ): Promise<void>
  signalMachine(app: string, id: string, signal: string | number, caller?: Caller): Promise<void>
  waitMachine(
    app: string,
    id: string,
    query?: WaitQuery,
  ): Promise<{ state: string; version: string; eventId: string }>
  listEvents(app: string, id: string, limit?: number): Promise<MachineEvent[]>
  listVersions(app: string, id: string): Promise<{ version: string; user_config: MachineConfig }[]>
  execMachine(app: string, id: string, input: ExecInput, caller?: Caller): Promise<ExecResult>
  listProcesses(app: string, id: string): Promise<ProcessStat[]>
  cordonMachine(app: string, id: string, cordoned: boolean, caller?: Caller): Promise<void>

  getLease(app: string, id: string): Promise<Lease>
  acquireLease(
    app: string,
    id: string,
    input: { ttlSeconds?: number; description?: string },
    caller?: Caller,
  ): Promise<Lease>
  releaseLease(app: string, id: string, caller?: Caller): Promise<void>

  getMetadata(app: string, id: string): Promise<Record<string, string>>
  /** `replace` drops the keys that are not named (PUT); otherwise they stay (PATCH). A null value deletes a key. */
  setMetadata(
    app: string,
    id: string,
    values: Record<string, string | null>,
    options?: { replace?: boolean; machineVersion?: string },
    caller?: Caller,
  ): Promise<void>

  getMemory(app: string, id: string): Promise<{ limit_mb: number; available_mb: number }>
  setMemory(
    app: string,
    id: string,
    limitMb: number,
    caller?: Caller,
  ): Promise<{ limit_mb: number; available_mb: number }>
  reclaimMemory(app: string, id: string, amountMb: number): Promise<{ actual_mb: number }>

  listVolumes(app: string): Promise<Volume[]>
  createVolume(app: string, input: CreateVolumeInput): Promise<Volume>
  getVolume(app: string, id: string): Promise<Volume>
  updateVolume(
    app: string,
    id: string,
    input: { snapshotRetention?: number; autoBackupEnabled?: boolean },
  ): Promise<Volume>
  deleteVolume(app: string, id: string): Promise<Volume>
  extendVolume(app: string, id: string, sizeGb: number): Promise<{ needs_restart: boolean; volume: Volume }>
  listSnapshots(app: string, id: string): Promise<VolumeSnapshot[]>
  createSnapshot(app: string, id: string): Promise<VolumeSnapshot>

  listSecrets(app: string, options?: { showValues?: boolean; minVersion?: number }): Promise<AppSecret[]>
  /** Null deletes. All of them become one new version. */
  setSecrets(
    app: string,
    values: Record<string, string | null>,
  ): Promise<{ secrets: AppSecret[]; version: number }>

  listIps(app: string): Promise<IpAssignment[]>
  assignIp(
    app: string,
    input: { type: string; region?: string; serviceName?: string; network?: string },
  ): Promise<IpAssignment>
  releaseIp(app: string, ip: string): Promise<void>

  listRegions(): Promise<{ nearest: string; regions: Region[] }>
  listOrgMachines(org: string, query?: ListMachinesQuery): Promise<(Machine & { app_name: string })[]>
  listOrgVolumes(org: string): Promise<(Volume & { app_name: string })[]>
}
