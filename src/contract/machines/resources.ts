import type { Autostop, MachineConfig } from './config.ts'

// What the Machines API answers. Times are RFC 3339 strings unless a comment says otherwise.

export const machineStates = [
  'created',
  'starting',
  'started',
  'stopping',
  'stopped',
  'suspending',
  'suspended',
  'replacing',
  'destroying',
  'destroyed',
  'failed',
] as const

export type MachineState = (typeof machineStates)[number]

export interface App {
  id: string
  name: string
  internal_numeric_id: number
  /** Apps of one network see each other's private names; a silo is one network. */
  network: string
  status: 'pending' | 'deployed' | 'suspended'
  machine_count: number
  volume_count: number
  organization: { name: string; slug: string; internal_numeric_id: number }
  created_at: string
}

export interface CheckStatus {
  name: string
  status: 'passing' | 'warning' | 'critical'
  output: string
  updated_at: string
}

export interface MachineEvent {
  id: string
  type: string
  status: string
  source: 'user' | 'flyd' | 'proxy'
  /** Milliseconds since 1970. */
  timestamp: number
  request?: Record<string, unknown>
}

export interface ImageRef {
  registry: string
  repository: string
  tag?: string
  digest?: string
  labels?: Record<string, string>
}

export interface Machine {
  id: string
  name: string
  state: MachineState
  region: string
  /** ULID of the version that runs; a new one with every update. */
  instance_id: string
  version: string
  private_ip: string
  config: MachineConfig
  image_ref: ImageRef
  created_at: string
  updated_at: string
  events: MachineEvent[]
  checks: CheckStatus[]
  cordoned: boolean
  host_status: 'ok' | 'unknown' | 'unreachable'
  nonce?: string
  incomplete_config?: MachineConfig | null
}

export interface Lease {
  nonce: string
  /** Seconds since 1970. */
  expires_at: number
  owner: string
  description: string
  version: string
}

export interface Volume {
  id: string
  name: string
  state: string
  size_gb: number
  region: string
  zone: string
  encrypted: boolean
  /** Absent while it is attached to none. */
  attached_machine_id?: string
  attached_alloc_id?: string
  created_at: string
  blocks: number
  block_size: number
  blocks_free: number
  blocks_avail: number
  bytes_used: number
  bytes_total: number
  fstype: string
  snapshot_retention: number
  auto_backup_enabled: boolean
  host_status: 'ok'
}

export interface VolumeSnapshot {
  id: string
  created_at: string
  size: number
  digest: string
  status: string
  retention_days: number
}

export interface AppSecret {
  name: string
  digest: string
  created_at: string
  updated_at: string
  value?: string
}

export interface IpAssignment {
  ip: string
  region: string
  service_name: string
  shared: boolean
  created_at: string
  /** Set for private addresses alone. The name of the default network is empty, as Fly's clients want it. */
  network: { name: string; org_slug: string } | null
}

export interface Region {
  code: string
  name: string
  geo_region: string
  latitude: number
  longitude: number
  gateway_available: boolean
  requires_paid_plan: boolean
  deprecated: boolean
}

export interface ProcessStat {
  pid: number
  stime: number
  rtime: number
  command: string
  directory: string
  cpu: number
  rss: number
  listen_sockets: { proto: string; address: string }[]
}

/** Figures of one running machine; `estimated` where they are a share of a common process. */
export interface MachineStats {
  cpuPercent: number
  memoryBytes: number
  uptimeSeconds: number
  estimated: boolean
  requests?: number
}

/** `off`, `stop` or `suspend` from any accepted spelling. Default: off. */
export function autostopMode(value: Autostop | null | undefined): 'off' | 'stop' | 'suspend' {
  if (value === true) return 'stop'
  if (value === false || value === null || value === undefined) return 'off'
  return value
}
