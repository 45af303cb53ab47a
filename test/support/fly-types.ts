import type { GoType } from './go-types.ts'

// What Fly's own Go client library decodes answers into, field by field; written from its source.

export const appType = {
  id: 'string',
  name: 'string',
  internal_numeric_id: 'int',
  network: 'string',
  status: 'string',
  machine_count: 'int',
  volume_count: 'int',
  organization: { name: 'string', slug: 'string', internal_numeric_id: 'int' },
  cname_target: 'string',
  app_role: 'string',
} as const satisfies GoType
const exitType = {
  exit_code: 'int',
  guest_exit_code: 'int',
  guest_signal: 'int',
  signal: 'int',
  oom_killed: 'bool',
  requested_stop: 'bool',
  restarting: 'bool',
  exited_at: 'time',
} as const satisfies GoType
const configType = {
  env: { '*': 'string' },
  metadata: { '*': 'string' },
  image: 'string',
  auto_destroy: 'bool',
  guest: { cpu_kind: 'string', cpus: 'int', memory_mb: 'int' },
  init: { exec: ['string'], cmd: ['string'], entrypoint: ['string'], tty: 'bool' },
  mounts: [{ volume: 'string', path: 'string', name: 'string', size_gb: 'int', encrypted: 'bool' }],
  restart: { policy: 'string', max_retries: 'int' },
  stop_config: { timeout: 'string', signal: 'string' },
} as const satisfies GoType
export const machineType = {
  id: 'string',
  name: 'string',
  state: 'string',
  region: 'string',
  image_ref: {
    registry: 'string',
    repository: 'string',
    tag: 'string',
    digest: 'string',
    labels: { '*': 'string' },
  },
  instance_id: 'string',
  version: 'string',
  private_ip: 'string',
  created_at: 'string',
  updated_at: 'string',
  config: configType,
  events: [
    {
      type: 'string',
      status: 'string',
      source: 'string',
      timestamp: 'int',
      request: { exit_event: exitType, MonitorEvent: { exit_event: exitType }, restart_count: 'int' },
    },
  ],
  checks: [{ name: 'string', status: 'string', output: 'string', updated_at: 'time' }],
  nonce: 'string',
  host_status: 'string',
  cordoned: 'bool',
} as const satisfies GoType
export const leaseType = {
  status: 'string',
  data: { nonce: 'string', expires_at: 'int', owner: 'string', version: 'string' },
  message: 'string',
  code: 'string',
} as const satisfies GoType
export const volumeType = {
  id: 'string',
  name: 'string',
  state: 'string',
  size_gb: 'int',
  region: 'string',
  zone: 'string',
  encrypted: 'bool',
  attached_machine_id: 'string',
  attached_alloc_id: 'string',
  created_at: 'time',
  host_dedication_id: 'string',
  snapshot_retention: 'int',
  auto_backup_enabled: 'bool',
  host_status: 'string',
} as const satisfies GoType
export const snapshotType = {
  id: 'string',
  size: 'int',
  digest: 'string',
  created_at: 'time',
  status: 'string',
  retention_days: 'int',
} as const satisfies GoType
export const secretType = {
  name: 'string',
  digest: 'string',
  created_at: 'string',
  updated_at: 'string',
  value: 'string',
} as const
export const ipType = {
  ip: 'string',
  region: 'string',
  service_name: 'string',
  shared: 'bool',
  created_at: 'time',
} as const
