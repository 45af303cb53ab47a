import { type CreateSilo, defaultSiloRegion, resolveRegion } from '#contract'
import type { SiloRecord } from './ports.ts'

/** Default idle minutes of a silo until it sleeps. */
const defaultAutoStopMinutes = 30

/** A silo that is about to be provisioned. Throws when there is no such region. */
export function newRecord(input: CreateSilo, now: number): SiloRecord {
  const alias = `${input.client}-${input.app}`
  return {
    id: `${alias}-silo-001`,
    alias,
    client: input.client,
    app: input.app,
    region: resolveRegion(input.region ?? defaultSiloRegion).requested,
    wanted: 'running',
    operation: { kind: 'provision', startedAt: now, journal: [] },
    createdAt: now,
    lastStartedAt: null,
    lastStoppedAt: null,
    autoStopMinutes: input.auto_stop_minutes ?? defaultAutoStopMinutes,
    studio: input.studio ?? true,
    error: null,
  }
}
