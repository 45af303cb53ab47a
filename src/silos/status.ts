import {
  type MachineStats,
  regionOnFly,
  type Silo,
  type SiloPhase,
  type SiloStatus,
  siloServiceNames,
  statusWords,
} from '#contract'
import type { Clock } from '#kernel'
import type { IdleBook } from './idle-book.ts'
import { appName, partsOf } from './names.ts'
import type { AppActivity, SiloDoors, SiloRecord } from './ports.ts'

/** What a list shows; `states` are those of its machines when known. */
export function describe(record: SiloRecord, states: readonly string[] = []): Silo {
  const phase = phaseOf(record, states)
  return {
    silo_id: record.id,
    alias: record.alias,
    client: record.client,
    app: record.app,
    overall_status: statusWords[phase].silo,
    phase,
    region: record.region,
    created_at: iso(record.createdAt) ?? '',
    last_started_at: iso(record.lastStartedAt),
    last_stopped_at: iso(record.lastStoppedAt),
    auto_stop_minutes: record.autoStopMinutes,
    studio: record.studio,
    error: record.error,
  }
}

/** An operation under way decides; otherwise what was wanted, flagged when machines say otherwise. */
export function phaseOf(record: SiloRecord, states: readonly string[]): SiloPhase {
  const during = {
    provision: 'provisioning',
    start: 'starting',
    stop: 'stopping',
    destroy: 'destroying',
    // Nothing of it can be used meanwhile.
    rotate: 'stopping',
    move: 'stopping',
    restore: 'provisioning',
  } as const
  if (record.operation) return during[record.operation.kind]
  if (record.wanted === 'stopped') {
    // A stop that failed half-way is no sleep.
    const broken = record.lastStartedAt === null || states.includes('started')
    return record.error && broken ? 'error' : 'stopped'
  }
  if (states.every(state => state === 'started')) return 'running'
  return record.error && !states.includes('started') ? 'error' : 'degraded'
}

/** A machine as a status needs it. */
export interface PresentMachine {
  readonly id: string
  readonly state: string
}

export interface StatusSources {
  present(app: string): readonly PresentMachine[]
  readonly doors: SiloDoors
  readonly clock: Clock
  readonly idle: IdleBook
  stats(app: string, machineId: string): Promise<MachineStats | undefined>
}

/** Its services and their machines, without figures. */
export function servicesOf(
  record: SiloRecord,
  { present }: Pick<StatusSources, 'present'>,
): Record<string, { status: string; machine_id: string | null }> {
  return Object.fromEntries(
    partsOf(record).map(part => {
      const machine = present(appName(record, part))[0]
      return [
        siloServiceNames[part],
        { status: serviceStatus(machine?.state), machine_id: machine?.id ?? null },
      ]
    }),
  )
}

function serviceStatus(state: string | undefined): string {
  return state === 'started' ? 'running' : (state ?? 'missing')
}

/** The guide's status document, with measured figures. */
export async function statusOf(record: SiloRecord, sources: StatusSources): Promise<SiloStatus> {
  const entries = await Promise.all(
    partsOf(record).map(async part => {
      const machine = sources.present(appName(record, part))[0]
      const stats = machine && (await sources.stats(appName(record, part), machine.id))
      return [
        siloServiceNames[part],
        {
          status: serviceStatus(machine?.state),
          machine_id: machine?.id ?? null,
          cpu_percent: stats ? round(stats.cpuPercent) : null,
          memory_mb: stats ? round(stats.memoryBytes / 1024 / 1024) : null,
          uptime_seconds: stats ? Math.floor(stats.uptimeSeconds) : null,
          estimated: stats?.estimated ?? false,
        },
        machine?.state ?? 'missing',
      ] as const
    }),
  )
  const activity = lastActivity(record, sources.doors)
  const onFly = regionOnFly(record.region)
  const running = record.wanted === 'running'
  const now = sources.clock.now()
  const idleMs = running ? sources.idle.of(record, activity) : null
  const keptAwakeSeconds = Math.max(0, Math.ceil(((record.awakeUntil ?? 0) - now) / 1000))
  return {
    ...describe(
      record,
      entries.map(entry => entry[2]),
    ),
    services: Object.fromEntries(entries.map(entry => [entry[0], entry[1]])),
    inactivity_seconds: idleMs === null ? null : Math.floor(idleMs / 1000),
    auto_stop_trigger_in_seconds:
      idleMs === null || record.autoStopMinutes === 0
        ? null
        : Math.max(keptAwakeSeconds, Math.ceil(record.autoStopMinutes * 60 - Math.floor(idleMs / 1000))),
    last_request_at: iso(activity?.at ?? null),
    awake_because:
      running && activity
        ? { client: activity.client, door: activity.door, at: iso(activity.at) ?? '' }
        : null,
    rls_mode: record.rlsMode ?? 'production',
    key_version: record.keyVersion ?? 1,
    region_on_fly: onFly.effective,
    region_warning: onFly.warning,
  }
}

/** The latest activity at any door of the silo. */
export function lastActivity(record: SiloRecord, doors: SiloDoors): AppActivity | undefined {
  const all = partsOf(record).flatMap(part => doors.activity(appName(record, part)) ?? [])
  if (all.length === 0) return undefined
  const latest = all.reduce((a, b) => (b.usedMs > a.usedMs ? b : a))
  return { ...latest, open: all.reduce((sum, { open }) => sum + open, 0) }
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
