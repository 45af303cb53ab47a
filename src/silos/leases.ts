import { randomBytes } from 'node:crypto'
import { type Clock, type Log, messageOf, prefixedId } from '#kernel'
import type { CareStore, LeaseOfCluster, LeaseRecord, SiloDatabases } from './care-ports.ts'
import { siloErrors } from './errors.ts'
import { appName } from './names.ts'
import { machineOf } from './parts.ts'
import type { SiloRecord } from './ports.ts'
import type { SiloWork } from './work.ts'

export interface LeaseWish {
  readonly access: LeaseRecord['access']
  readonly bypassRls: boolean
  readonly minutes: number
  readonly statementTimeoutMs: number
  readonly rowLimit: number
  readonly purpose: string
  readonly holder: string
  readonly holderRole: string
}

export interface LeaseParts {
  readonly store: CareStore
  readonly databases: SiloDatabases
  readonly work: SiloWork
  readonly clock: Clock
  readonly log: Log
}

/** Leases of one silo at a time; each is a role in its cluster. */
const mostLeases = 50
const connectionsEach = 5
/** How long an ended lease is remembered, for whoever asks what became of it. */
const rememberMs = 7 * 24 * 3_600_000
/** So long after its end a lease's role is looked for in the cluster, in case an old start brought it back. */
const lookMs = 10 * 60_000

/**
 * Leases: login roles for one silo that end by themselves. Written down before the cluster hears of them; the cluster is told while it runs
 * and, by a secret of its machine, whenever it starts, so that none comes back with an old state.
 */
export class SiloLeases {
  readonly #parts: LeaseParts
  readonly #failing = new Map<string, number>()

  constructor(parts: LeaseParts) {
    this.#parts = parts
  }

  /** The password is told here once, and kept nowhere. */
  async grant(name: string, wish: LeaseWish): Promise<{ lease: LeaseRecord; password: string }> {
    const { store, databases, work, clock, log } = this.#parts
    const record = work.get(name)
    work.refuseWhile(record)
    return work.exclusive(record.id, async () => {
      work.refuseWhile(work.get(record.id))
      if (this.#live(record.id).length >= mostLeases) throw siloErrors.tooManyLeases(record.alias, mostLeases)
      const now = clock.now()
      const password = randomBytes(24).toString('base64url')
      const id = prefixedId('lease')
      const lease: LeaseRecord = {
        id,
        siloId: record.id,
        role: `hangar_${id}`,
        access: wish.access,
        bypassRls: wish.bypassRls,
        rowLimit: wish.rowLimit,
        statementTimeoutMs: wish.statementTimeoutMs,
        createdAt: now,
        expiresAt: now + Math.round(wish.minutes * 60_000),
        holder: wish.holder,
        holderRole: wish.holderRole,
        purpose: wish.purpose,
        state: 'granting',
        endedAt: null,
        endReason: null,
        verifier: await databases.verifierOf(password),
      }
      store.saveLease(lease)
      try {
        await this.#tell(record)
      } catch (error) {
        this.#end(lease.id, 'could not be granted')
        // What could not be told now is told at the next change, or the next start.
        await this.#tell(record).catch(() => {})
        throw siloErrors.leaseFailed(record.alias, messageOf(error))
      }
      const active = { ...lease, state: 'active' } as const
      store.saveLease(active)
      log.info({ silo: record.alias, lease: id, access: lease.access, holder: lease.holder }, 'lease granted')
      return { lease: active, password }
    })
  }

  /** Newest first; ended ones too, for a week. */
  list(siloId: string): LeaseRecord[] {
    return this.#parts.store
      .leases()
      .filter(lease => lease.siloId === siloId)
      .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1))
  }

  /** Most rows of one answer to that role; undefined for whoever is no lease. */
  rowLimitOf(siloId: string, role: string): number | undefined {
    return this.#parts.store.leases().find(lease => lease.role === role && lease.siloId === siloId)?.rowLimit
  }

  get(siloId: string, id: string): LeaseRecord {
    const lease = this.list(siloId).find(one => one.id === id)
    if (!lease) throw siloErrors.noLease(id)
    return lease
  }

  /** Resolves when nobody can use it any more: its sessions are over, its token leads nowhere. */
  async revoke(siloId: string, id: string, reason: string): Promise<LeaseRecord> {
    const { work } = this.#parts
    const lease = this.get(siloId, id)
    if (lease.state === 'ended') return lease
    this.#mark(id, reason)
    await work.exclusive(siloId, () => this.#finish(work.get(siloId)))
    return this.get(siloId, id)
  }

  /** Ends all leases that somebody holds, on every silo. Resolves when nobody can use them any more. */
  async revokeOf(holder: string, reason: string): Promise<void> {
    const { store, work } = this.#parts
    const mark = () => {
      const held = store
        .leases()
        .filter(({ holder: one, state }) => one === holder && (state === 'active' || state === 'granting'))
      for (const { id } of held) this.#mark(id, reason)
      return held.map(({ siloId }) => siloId)
    }
    // One that is being granted now is handed out before its silo's queue comes to us, and marked again then.
    const ends = [...new Set(mark())].map(siloId =>
      work.exclusive(siloId, async () => {
        mark()
        await this.#finish(work.get(siloId))
      }),
    )
    await Promise.all(ends)
  }

  /** Ends all leases of a silo, from inside its queue. */
  async endAll(record: SiloRecord, reason: string): Promise<void> {
    const live = this.#live(record.id)
    for (const { id } of live) this.#mark(id, reason)
    if (live.length > 0) await this.#finish(record)
  }

  /** Of a silo that is gone: nothing is left to tell. */
  drop(siloId: string): void {
    for (const { id } of this.list(siloId)) this.#parts.store.deleteLease(id)
  }

  /** What a crash left half-done: a lease that nobody was told of ends; one whose end began, ends. */
  async recover(): Promise<void> {
    const { store } = this.#parts
    for (const { id, state } of store.leases()) if (state === 'granting') this.#mark(id, 'interrupted')
    await this.tick()
  }

  /** Once a second: ends what is over, and sessions that take too long. */
  async tick(): Promise<void> {
    const { store, work, clock } = this.#parts
    const now = clock.now()
    for (const lease of store.leases()) {
      if (lease.state === 'active' && lease.expiresAt <= now) this.#mark(lease.id, 'expired')
      if (lease.state === 'ended' && (lease.endedAt ?? 0) + rememberMs <= now) store.deleteLease(lease.id)
    }
    const silos = new Set(
      store
        .leases()
        .filter(({ state, endedAt }) => state !== 'ended' || (endedAt ?? 0) + lookMs > now)
        .map(({ siloId }) => siloId),
    )
    await Promise.all(
      work
        .list()
        .filter(
          record =>
            silos.has(record.id) &&
            !record.operation &&
            (this.#failing.get(record.id) ?? 0) <= clock.monotonic(),
        )
        .map(record => this.#look(record)),
    )
  }

  async #look(record: SiloRecord): Promise<void> {
    const { databases, work, clock, log } = this.#parts
    try {
      if (this.list(record.id).some(({ state }) => state === 'ending'))
        await work.exclusive(record.id, () => this.#finish(work.get(record.id)))
      const machine = await this.#database(record)
      if (machine === undefined) return
      const live = this.#live(record.id)
      const { ended, roles } = await databases.superviseLeases(machine, live)
      for (const { role, why } of ended)
        log.info({ silo: record.alias, role, why }, 'session of a lease was ended')
      const wanted = live.map(({ role }) => role).sort()
      if (roles.toSorted().join() === wanted.join()) return
      await work.exclusive(record.id, () => this.#tell(work.get(record.id)))
    } catch (error) {
      this.#failing.set(record.id, clock.monotonic() + 5_000)
      log.warn({ silo: record.alias, reason: messageOf(error) }, 'leases could not be looked after')
    }
  }

  /** Takes every lease that is marked out of the cluster. */
  async #finish(record: SiloRecord): Promise<void> {
    const ending = this.list(record.id).filter(({ state }) => state === 'ending')
    if (ending.length === 0) return
    await this.#tell(record)
    for (const { id, endReason } of ending) this.#end(id, endReason ?? 'ended')
  }

  /** Tells the cluster what leases there are: for its next start, then at once if it runs. */
  async #tell(record: SiloRecord): Promise<void> {
    const { databases, work } = this.#parts
    const { machines } = work.context(record)
    const leases = this.#live(record.id).map(ofCluster)
    await machines.setSecrets(appName(record, 'pg'), { HANGAR_LEASES: JSON.stringify(leases) })
    const machine = await this.#database(record)
    if (machine !== undefined) await databases.applyLeases(machine, leases)
  }

  /** Its machine if the cluster runs. One that is on its way up is waited for: it may have read the secret before. */
  async #database(record: SiloRecord): Promise<string | undefined> {
    const { machines } = this.#parts.work.context(record)
    const machine = await machineOf(machines, record, 'pg')
    if (!machine) return undefined
    if (machine.state === 'starting')
      await machines.waitMachine(appName(record, 'pg'), machine.id, {
        states: ['started', 'stopped', 'failed'],
        timeout: 30,
      })
    const now = machine.state === 'starting' ? await machineOf(machines, record, 'pg') : machine
    return now?.state === 'started' ? now.id : undefined
  }

  /** Those that the cluster is to have: handed out, or about to be. */
  #live(siloId: string): LeaseRecord[] {
    return this.list(siloId).filter(({ state }) => state === 'active' || state === 'granting')
  }

  #mark(id: string, endReason: string): void {
    this.#save(id, { state: 'ending', endReason })
  }

  #end(id: string, endReason: string): void {
    this.#save(id, { state: 'ended', endReason, endedAt: this.#parts.clock.now() })
    this.#parts.log.info({ lease: id, reason: endReason }, 'lease ended')
  }

  #save(id: string, changes: Partial<LeaseRecord>): void {
    const { store } = this.#parts
    const lease = store.leases().find(one => one.id === id)
    if (lease) store.saveLease({ ...lease, ...changes })
  }
}

function ofCluster(lease: LeaseRecord): LeaseOfCluster {
  const { role, access, bypassRls, verifier, expiresAt, statementTimeoutMs } = lease
  return { role, access, bypassRls, verifier, expiresAt, statementTimeoutMs, connections: connectionsEach }
}
