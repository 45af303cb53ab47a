import { type ResolvedRegion, resolveRegion, type Silo } from '#contract'
import { type Clock, type Log, messageOf, runSteps, type StepListener, type Timer } from '#kernel'
import type { Attic, CareStore, FrontendHost, Grave, SiloDatabases } from './care-ports.ts'
import { siloErrors } from './errors.ts'
import { createFrontends } from './frontend.ts'
import { burySteps, createGraveyard, graveOf, restoreSteps } from './graves.ts'
import { createJournal } from './journal.ts'
import { SiloLeases } from './leases.ts'
import { moveSteps, sweepOldVolumes } from './move.ts'
import type { SiloOperation, SiloRecord, SiloStore } from './ports.ts'
import { createRlsModes, type RlsModes } from './rls.ts'
import { nextSecretsId, rotateSteps } from './rotate.ts'
import { generateSecrets } from './secrets.ts'
import type { SiloWork } from './work.ts'

export interface CareOptions {
  readonly store: SiloStore
  readonly care: CareStore
  readonly databases: SiloDatabases
  readonly attic: Attic
  /** Undefined: no frontend host is configured. */
  readonly frontends: FrontendHost | undefined
  readonly clock: Clock
  readonly log: Log
}

const tickMs = 1000
const slowTicks = 60

/** What is done to silos beside starting and stopping them: leases, modes of row-level security, rotation, moving, bringing back. */
export class SiloCare {
  readonly leases: SiloLeases
  readonly rls: RlsModes
  readonly graves: ReturnType<typeof createGraveyard>
  readonly frontends: ReturnType<typeof createFrontends>
  readonly #options: CareOptions
  readonly #work: SiloWork
  #timer: Timer | undefined
  #ticks = 0

  constructor(work: SiloWork, options: CareOptions) {
    const { care: store, databases, attic, clock, log } = options
    this.#work = work
    this.#options = options
    this.leases = new SiloLeases({ store, databases, work, clock, log })
    this.rls = createRlsModes({ databases, work, clock, log })
    this.frontends = createFrontends({ host: options.frontends, work, clock, log })
    this.graves = createGraveyard({
      store,
      attic,
      clock,
      log,
      busy: () =>
        work.list().flatMap(({ operation }) => (operation?.grave === undefined ? [] : [operation.grave])),
    })
  }

  /** After recovery: begins to look after leases, graves and frontends. */
  async start(): Promise<void> {
    await this.leases.recover()
    const tick = () => {
      void this.#tick().finally(() => {
        if (this.#timer) this.#timer = this.#options.clock.after(tickMs, tick)
      })
    }
    this.#timer = this.#options.clock.after(tickMs, tick)
  }

  halt(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** New keys and passwords. The old ones are dead when it resolves, and stay so. */
  async rotate(name: string, listener?: StepListener): Promise<Silo> {
    const work = this.#work
    const { id } = work.get(name)
    work.refuseWhile(work.get(id))
    await work.exclusive(id, async () => {
      const record = work.get(id)
      work.refuseWhile(record)
      this.#options.store.saveSecrets(nextSecretsId(id), generateSecrets(this.#options.clock.now()))
      this.#begin(record, {
        kind: 'rotate',
        resume: record.wanted === 'running',
        to: String((record.keyVersion ?? 1) + 1),
      })
      await this.#rotate(id, listener)
    })
    await this.frontends.settle(id)
    return work.describe(id)
  }

  /** Takes it to another region, with its data; names and keys stay. Resolves with what the region is on Fly. */
  async move(
    name: string,
    region: string,
    strict: boolean,
    listener?: StepListener,
  ): Promise<{ silo: Silo; region: ResolvedRegion }> {
    const work = this.#work
    const resolved = resolveRegion(region, { strict })
    const { id } = work.get(name)
    work.refuseWhile(work.get(id))
    await work.exclusive(id, async () => {
      const record = work.get(id)
      work.refuseWhile(record)
      if (record.region === resolved.requested) throw siloErrors.sameRegion(record.alias, record.region)
      this.#begin(record, {
        kind: 'move',
        resume: record.wanted === 'running',
        from: record.region,
        to: resolved.requested,
      })
      await this.#move(id, listener)
    })
    return { silo: work.describe(id), region: resolved }
  }

  /** Brings a destroyed silo back, with its data, names and keys; it runs when this resolves. */
  async restore(name: string, listener?: StepListener): Promise<Silo> {
    const work = this.#work
    const grave = this.graves.find(name)
    const { record } = grave
    if (work.list().some(({ alias }) => alias === record.alias)) throw siloErrors.exists(record.alias)
    const { store, clock } = this.#options
    store.saveSecrets(record.id, this.graves.secretsOf(grave))
    work.adopt({
      ...record,
      wanted: 'running',
      rlsMode: record.rlsMode === 'disabled' ? 'production' : (record.rlsMode ?? 'production'),
      operation: { kind: 'restore', startedAt: clock.now(), journal: [], grave: grave.key },
    })
    await work.exclusive(record.id, () => this.#restore(record.id, listener))
    return work.describe(record.id)
  }

  /** Ends a silo from inside its queue: its data can be brought back for 48 hours. Also goes on with a destroy that was interrupted. */
  async bury(id: string, listener?: StepListener): Promise<void> {
    const work = this.#work
    const { store, care, attic, clock } = this.#options
    let record = work.get(id)
    if (record.operation?.kind !== 'destroy' || record.operation.grave === undefined) {
      const at = record.operation?.kind === 'destroy' ? record.operation.startedAt : clock.now()
      const grave = await graveOf(record, work.context(record).machines, at)
      care.saveGrave(grave, work.context(record).secrets)
      work.change(id, {
        wanted: 'stopped',
        operation: { kind: 'destroy', startedAt: at, journal: [], grave: grave.key },
      })
      record = work.get(id)
    }
    const key = record.operation?.grave ?? ''
    await runSteps(burySteps(record, attic, key), work.context(record), createJournal(store, id), listener)
    this.leases.drop(id)
    store.deleteSecrets(nextSecretsId(id))
    work.forget(record)
  }

  /** Goes on with what a crash interrupted. */
  async resume(record: SiloRecord): Promise<void> {
    const run = {
      rotate: () => this.#rotate(record.id),
      move: () => this.#move(record.id),
      restore: () => this.#restore(record.id),
    }[record.operation?.kind as 'rotate' | 'move' | 'restore']
    if (run) await this.#work.exclusive(record.id, run)
  }

  async #rotate(id: string, listener?: StepListener): Promise<void> {
    const work = this.#work
    const { store } = this.#options
    const silo = work.get(id)
    const old = work.context(silo)
    const next = store.secrets(nextSecretsId(id))
    const context = { silo, work, store, machines: old.machines, leases: this.leases, old, next }
    try {
      await runSteps(rotateSteps, context, createJournal(store, id), listener)
    } catch (error) {
      store.deleteSecrets(nextSecretsId(id))
      work.change(id, { operation: null, error: `rotation was taken back: ${messageOf(error)}` })
      throw siloErrors.operationFailed(silo.alias, 'Rotating the keys of', messageOf(error))
    }
    await this.#after(id, silo.operation)
  }

  async #move(id: string, listener?: StepListener): Promise<void> {
    const work = this.#work
    const silo = work.get(id)
    const { machines, templates } = work.context(silo)
    const { from = silo.region, to = silo.region } = silo.operation ?? {}
    try {
      await runSteps(
        moveSteps(silo),
        { silo: { ...silo, region: from }, from, to, machines, templates, work },
        createJournal(this.#options.store, id),
        listener,
      )
    } catch (error) {
      work.change(id, { operation: null, error: `move was taken back: ${messageOf(error)}` })
      throw siloErrors.operationFailed(silo.alias, 'Moving', messageOf(error))
    }
    await this.#after(id, silo.operation)
    await sweepOldVolumes(machines, work.get(id)).catch(error =>
      this.#options.log.warn({ silo: silo.alias, reason: messageOf(error) }, 'old volumes are left'),
    )
  }

  /** The operation is over; the silo runs again if it ran before. */
  async #after(id: string, operation: SiloOperation | null): Promise<void> {
    const work = this.#work
    work.published(id)
    work.change(id, { operation: null, error: null })
    if (operation?.resume) {
      work.change(id, { lastStartedAt: this.#options.clock.now() })
      await work.begin(id, operation.kind)
    }
  }

  async #restore(id: string, listener?: StepListener): Promise<void> {
    const work = this.#work
    const { store, care, attic, clock } = this.#options
    const record = work.get(id)
    const grave = care.graves().find(({ key }) => key === record.operation?.grave)
    // Everything was done but the last word.
    if (grave) {
      try {
        await runSteps(restoreSteps(grave, attic), work.context(record), createJournal(store, id), listener)
      } catch (error) {
        work.forget(record)
        throw siloErrors.operationFailed(record.alias, 'Restoring', messageOf(error))
      }
    }
    work.published(id)
    work.change(id, { operation: null, lastStartedAt: clock.now(), error: null })
    if (grave) await this.#clear(grave)
  }

  async #clear(grave: Grave): Promise<void> {
    this.#options.care.deleteGrave(grave.key)
    await this.#options.attic.remove(grave.key)
  }

  #begin(record: SiloRecord, operation: Omit<SiloOperation, 'startedAt' | 'journal'>): void {
    this.#work.change(record.id, {
      operation: { ...operation, startedAt: this.#options.clock.now(), journal: [] },
    })
  }

  async #tick(): Promise<void> {
    const { log } = this.#options
    const slow = this.#ticks++ % slowTicks === 0
    const failed = (error: unknown) => log.warn({ reason: messageOf(error) }, 'care of silos failed')
    await this.leases.tick().catch(failed)
    await this.rls.tick().catch(failed)
    if (!slow) return
    await this.graves.sweep().catch(failed)
    for (const { id, operation } of this.#work.list())
      if (!operation) await this.frontends.settle(id).catch(failed)
  }
}
