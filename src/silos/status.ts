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
  const { created_at, last_started_at, last_stopped_at } = fixedOf(record)
  return {
    silo_id: record.id,
    alias: record.alias,
    client: record.client,
    app: record.app,
    overall_status: statusWords[phase].silo,
    phase,
    region: record.region,
    created_at,
    last_started_at,
    last_stopped_at,
    auto_stop_minutes: record.autoStopMinutes,
    studio: record.studio,
    error: record.error,
  }
}

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

/** An operation under way decides; otherwise what was wanted, flagged when machines say otherwise. */
export function phaseOf(record: SiloRecord, states: readonly string[]): SiloPhase {
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
  stats(app: string, machineId: string): MachineStats | undefined | Promise<MachineStats | undefined>
}

interface Fixed {
  readonly places: readonly { readonly app: string; readonly service: string }[]
  readonly created_at: string
  readonly last_started_at: string | null
  readonly last_stopped_at: string | null
  readonly onFly: ReturnType<typeof regionOnFly>
}

/** What follows from a record alone. A record is never changed, another takes its place, so this is worked out once for each. */
const fixed = new WeakMap<SiloRecord, Fixed>()

function fixedOf(record: SiloRecord): Fixed {
  const known = fixed.get(record)
  if (known) return known
  const made: Fixed = {
    places: partsOf(record).map(part => ({ app: appName(record, part), service: siloServiceNames[part] })),
    created_at: iso(record.createdAt) ?? '',
    last_started_at: iso(record.lastStartedAt),
    last_stopped_at: iso(record.lastStoppedAt),
    onFly: regionOnFly(record.region),
  }
  fixed.set(record, made)
  return made
}

/** The apps of a silo and what a status calls them. */
export function placesOf(record: SiloRecord): Fixed['places'] {
  return fixedOf(record).places
}

export function serviceStatus(state: string | undefined): string {
  return state === 'started' ? 'running' : (state ?? 'missing')
}

/**
 * The guide's status document, with measured figures. Frozen, and the very same object while all that it is made from stays what it was, which
 * for a busy caller is a second: who sends it needs to make its text once.
 */
export async function statusOf(record: SiloRecord, sources: StatusSources): Promise<SiloStatus> {
  const known = knownStatus(record, sources)
  if (known) return known
  const places = placesOf(record)
  // Asked for all at once; as a rule they were read within the last second and are there.
  const machines = places.map(({ app }) => sources.present(app)[0])
  const asked = machines.map((machine, at) => machine && sources.stats(places[at]?.app ?? '', machine.id))
  const figures = asked.some(one => one instanceof Promise)
    ? await Promise.all(asked)
    : (asked as (MachineStats | undefined)[])
  const seen: Seen[] = machines.map((machine, at) => ({
    id: machine?.id ?? null,
    state: machine?.state,
    stats: figures[at],
  }))
  const activity = lastActivity(record, sources.doors)
  const idleSeconds = idleSecondsOf(record, activity, sources)
  const keptAwakeSeconds = keptAwakeSecondsOf(record, sources)

  const document = freezeWhole(documentOf(record, seen, activity, idleSeconds, keptAwakeSeconds))
  lastMade.set(record, { seen, activity, idleSeconds, keptAwakeSeconds, document })
  return document
}

/** The last status of that record, when all that it was made from is what it was. Asked with every call, so it makes nothing to find out. */
function knownStatus(record: SiloRecord, sources: StatusSources): SiloStatus | undefined {
  const last = lastMade.get(record)
  if (!last) return undefined
  const places = placesOf(record)
  for (let at = 0; at < places.length; at++) {
    const app = places[at]?.app ?? ''
    const machine = sources.present(app)[0]
    const before = last.seen[at]
    if ((machine?.id ?? null) !== before?.id || machine?.state !== before.state) return undefined
    if (machine && sources.stats(app, machine.id) !== before.stats) return undefined
  }
  const activity = lastActivity(record, sources.doors)
  return last.idleSeconds === idleSecondsOf(record, activity, sources) &&
    last.keptAwakeSeconds === keptAwakeSecondsOf(record, sources) &&
    last.activity?.at === activity?.at &&
    last.activity?.client === activity?.client &&
    last.activity?.door === activity?.door
    ? last.document
    : undefined
}

function idleSecondsOf(
  record: SiloRecord,
  activity: AppActivity | undefined,
  { idle }: StatusSources,
): number | null {
  return record.wanted === 'running' ? Math.floor(idle.of(record, activity) / 1000) : null
}

/** How long what was asked for keeps it awake. */
function keptAwakeSecondsOf(record: SiloRecord, { clock }: StatusSources): number {
  return Math.max(0, Math.ceil(((record.awakeUntil ?? 0) - clock.now()) / 1000))
}

/** Down to its last field. */
export function freezeWhole<T extends object>(value: T): T {
  for (const inner of Object.values(value))
    if (typeof inner === 'object' && inner !== null) freezeWhole(inner)
  return Object.freeze(value)
}

/** What was seen of a part's machine. */
interface Seen {
  readonly id: string | null
  readonly state: string | undefined
  readonly stats: MachineStats | undefined
}

interface Made {
  readonly seen: readonly Seen[]
  readonly activity: AppActivity | undefined
  readonly idleSeconds: number | null
  readonly keptAwakeSeconds: number
  readonly document: SiloStatus
}

/** The last status of each record, gone with it. */
const lastMade = new WeakMap<SiloRecord, Made>()

function documentOf(
  record: SiloRecord,
  seen: readonly Seen[],
  activity: AppActivity | undefined,
  idleSeconds: number | null,
  keptAwakeSeconds: number,
): SiloStatus {
  const { onFly, places } = fixedOf(record)
  const services: SiloStatus['services'] = {}
  for (const [at, { id, state, stats }] of seen.entries())
    services[places[at]?.service ?? ''] = {
      status: serviceStatus(state),
      machine_id: id,
      cpu_percent: stats ? round(stats.cpuPercent) : null,
      memory_mb: stats ? round(stats.memoryBytes / 1024 / 1024) : null,
      uptime_seconds: stats ? Math.floor(stats.uptimeSeconds) : null,
      estimated: stats?.estimated ?? false,
    }
  const activityAt = iso(activity?.at ?? null)
  return {
    ...describe(
      record,
      seen.map(({ state }) => state ?? 'missing'),
    ),
    services,
    inactivity_seconds: idleSeconds,
    auto_stop_trigger_in_seconds:
      idleSeconds === null || record.autoStopMinutes === 0
        ? null
        : Math.max(keptAwakeSeconds, Math.ceil(record.autoStopMinutes * 60 - idleSeconds)),
    last_request_at: activityAt,
    awake_because:
      record.wanted === 'running' && activity
        ? { client: activity.client, door: activity.door, at: activityAt ?? '' }
        : null,
    rls_mode: record.rlsMode ?? 'production',
    key_version: record.keyVersion ?? 1,
    region_on_fly: onFly.effective,
    region_warning: onFly.warning,
  }
}

/** The latest activity at any door of the silo. */
export function lastActivity(record: SiloRecord, doors: SiloDoors): AppActivity | undefined {
  let latest: AppActivity | undefined
  let open = 0
  for (const { app } of placesOf(record)) {
    const activity = doors.activity(app)
    if (!activity) continue
    open += activity.open
    if (!latest || activity.usedMs > latest.usedMs) latest = activity
  }
  return !latest || latest.open === open ? latest : { ...latest, open }
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
