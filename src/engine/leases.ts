import { randomBytes } from 'node:crypto'
import type { Caller, Lease } from '#contract'
import type { Clock } from '#kernel'
import type { MachineActor } from './actor.ts'
import { iso } from './describe.ts'
import { engineErrors } from './errors.ts'
import type { LeaseRecord } from './records.ts'

const defaultTtlSeconds = 13
const longestTtlSeconds = 24 * 3600

/**
 * When each lease ends on the monotonic clock: a wall clock that is set neither takes a lease from its holder nor keeps it for hours.
 * A lease of before a restart ends by its wall time, but never later than its whole time from now.
 */
const endings = new WeakMap<LeaseRecord, number>()

/** The lease that counts now; an expired one does not. */
export function activeLease(actor: MachineActor, clock: Clock): LeaseRecord | undefined {
  const { lease } = actor.record
  return lease && endOf(lease, clock) > clock.monotonic() ? lease : undefined
}

function endOf(lease: LeaseRecord, clock: Clock): number {
  const known = endings.get(lease)
  if (known !== undefined) return known
  const leftMs = Math.min(lease.expiresAt - clock.now(), lease.ttlMs ?? longestTtlSeconds * 1000)
  const end = clock.monotonic() + leftMs
  endings.set(lease, end)
  return end
}

/** Refuses a change by anybody who does not hold the machine's lease. */
export function requireLease(actor: MachineActor, caller: Caller | undefined, clock: Clock): void {
  const lease = activeLease(actor, clock)
  if (lease && lease.nonce !== caller?.nonce)
    throw engineErrors.leaseHeld(actor.record.id, lease.owner, iso(lease.expiresAt))
}

/** Takes or, with its nonce, renews the lease. */
export function acquire(
  actor: MachineActor,
  input: { ttlSeconds?: number; description?: string },
  caller: Caller | undefined,
  clock: Clock,
): Lease {
  const ttl = input.ttlSeconds ?? defaultTtlSeconds
  if (!(ttl > 0 && ttl <= longestTtlSeconds))
    throw engineErrors.invalid(`lease ttl must be between 1 and ${longestTtlSeconds} seconds`)
  requireLease(actor, caller, clock)
  const held = activeLease(actor, clock)
  const lease: LeaseRecord = {
    nonce: held?.nonce ?? randomBytes(6).toString('hex'),
    expiresAt: clock.now() + ttl * 1000,
    ttlMs: ttl * 1000,
    owner: `${caller?.user ?? 'local'}@tokens.fly.io`,
    description: input.description ?? held?.description ?? '',
  }
  endings.set(lease, clock.monotonic() + ttl * 1000)
  actor.patch({ lease })
  return describeLease(lease, actor.record.instanceId)
}

export function release(actor: MachineActor, caller: Caller | undefined, clock: Clock): void {
  const lease = activeLease(actor, clock)
  if (!lease) throw engineErrors.leaseNotFound()
  requireLease(actor, caller, clock)
  actor.patch({ lease: null })
}

export function describeLease(lease: LeaseRecord, version: string): Lease {
  return {
    nonce: lease.nonce,
    expires_at: Math.ceil(lease.expiresAt / 1000),
    owner: lease.owner,
    description: lease.description,
    version,
  }
}
