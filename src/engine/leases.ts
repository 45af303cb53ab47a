import { randomBytes } from 'node:crypto'
import type { Caller, Lease } from '#contract'
import type { MachineActor } from './actor.ts'
import { iso } from './describe.ts'
import { engineErrors } from './errors.ts'
import type { LeaseRecord } from './records.ts'

const defaultTtlSeconds = 13
const longestTtlSeconds = 24 * 3600

/** The lease that counts now; an expired one does not. */
export function activeLease(actor: MachineActor, nowMs: number): LeaseRecord | undefined {
  const { lease } = actor.record
  return lease && lease.expiresAt > nowMs ? lease : undefined
}

/** Refuses a change by anybody who does not hold the machine's lease. */
export function requireLease(actor: MachineActor, caller: Caller | undefined, nowMs: number): void {
  const lease = activeLease(actor, nowMs)
  if (lease && lease.nonce !== caller?.nonce)
    throw engineErrors.leaseHeld(actor.record.id, lease.owner, iso(lease.expiresAt))
}

/** Takes or, with its nonce, renews the lease. */
export function acquire(
  actor: MachineActor,
  input: { ttlSeconds?: number; description?: string },
  caller: Caller | undefined,
  nowMs: number,
): Lease {
  const ttl = input.ttlSeconds ?? defaultTtlSeconds
  if (!(ttl > 0 && ttl <= longestTtlSeconds))
    throw engineErrors.invalid(`lease ttl must be between 1 and ${longestTtlSeconds} seconds`)
  requireLease(actor, caller, nowMs)
  const held = activeLease(actor, nowMs)
  const lease: LeaseRecord = {
    nonce: held?.nonce ?? randomBytes(6).toString('hex'),
    expiresAt: nowMs + ttl * 1000,
    owner: `${caller?.user ?? 'local'}@tokens.fly.io`,
    description: input.description ?? held?.description ?? '',
  }
  actor.patch({ lease })
  return describeLease(lease, actor.record.instanceId)
}

export function release(actor: MachineActor, caller: Caller | undefined, nowMs: number): void {
  const lease = activeLease(actor, nowMs)
  if (!lease) throw engineErrors.leaseNotFound()
  requireLease(actor, caller, nowMs)
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
