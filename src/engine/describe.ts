import { createHash } from 'node:crypto'
import type { App, CheckStatus, Machine, MachineEvent, Volume } from '#contract'
import type { AppRecord, MachineRecord, VolumeRecord } from './records.ts'
import { shownConfig } from './shown-config.ts'

export function iso(ms: number): string {
  return new Date(ms).toISOString()
}

export function describeApp(record: AppRecord, counts: { machines: number; volumes: number }): App {
  return {
    id: record.id,
    name: record.name,
    internal_numeric_id: record.numericId,
    network: record.network,
    status: counts.machines > 0 ? 'deployed' : 'pending',
    machine_count: counts.machines,
    volume_count: counts.volumes,
    organization: { name: record.org, slug: record.org, internal_numeric_id: 1 },
    created_at: iso(record.createdAt),
  }
}

export function describeMachine(
  record: MachineRecord,
  events: MachineEvent[],
  checks: CheckStatus[],
  volumeOf: (id: string) => VolumeRecord | undefined,
): Machine {
  return {
    id: record.id,
    name: record.name,
    state: record.state,
    region: record.region,
    instance_id: record.instanceId,
    version: record.instanceId,
    private_ip: privateIp(record.id),
    config: shownConfig(record.config, volumeOf),
    image_ref: record.image,
    created_at: iso(record.createdAt),
    updated_at: iso(record.updatedAt),
    events,
    checks,
    cordoned: record.cordoned,
    host_status: 'ok',
  }
}

/** Events that a machine's own document carries; the full list has its own call. */
export const shownEvents = 20

/** An event without what only the store needs of it. */
export function publicEvent({ machineId: _, ...event }: MachineEvent & { machineId?: string }): MachineEvent {
  return event
}

export function describeVolume(record: VolumeRecord, attachedTo: string | null, usedBytes: number): Volume {
  const blockSize = 4096
  const total = record.sizeGb * 1024 ** 3
  const blocks = total / blockSize
  const free = Math.max(0, Math.floor((total - usedBytes) / blockSize))
  return {
    id: record.id,
    name: record.name,
    state: record.state,
    size_gb: record.sizeGb,
    region: record.region,
    zone: 'local',
    encrypted: record.encrypted,
    ...(attachedTo === null ? {} : { attached_machine_id: attachedTo }),
    created_at: iso(record.createdAt),
    blocks,
    block_size: blockSize,
    blocks_free: free,
    blocks_avail: free,
    bytes_used: usedBytes,
    bytes_total: total,
    fstype: record.fstype,
    snapshot_retention: record.snapshotRetention,
    auto_backup_enabled: record.autoBackupEnabled,
    host_status: 'ok',
  }
}

/** A private address of Fly's form, made from the id so that it never changes. */
export function privateIp(id: string): string {
  const digest = createHash('sha256').update(id).digest('hex')
  return `fdaa:0:${digest.slice(0, 4)}:a7b:${digest.slice(4, 8)}:${digest.slice(8, 12)}:${digest.slice(12, 16)}:2`
}
