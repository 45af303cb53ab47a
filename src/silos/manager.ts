import type {
  CreateSilo,
  MachineStats,
  MachinesApi,
  Silo,
  SiloConnection,
  SiloMetadata,
  SiloStatus,
} from '#contract'
import {
  type Clock,
  HangarError,
  type Log,
  messageOf,
  runSteps,
  Serial,
  SingleFlight,
  type StepListener,
  undoSteps,
} from '#kernel'
import type { AppIndex } from './app-index.ts'
import { Calm } from './calm.ts'
import { type CareOptions, SiloCare } from './care.ts'
import { connectionOf } from './connection.ts'
import { contextOf, type SiloContext } from './context.ts'
import { siloErrors } from './errors.ts'
import { createIdleWatch } from './idle.ts'
import { IdleBook } from './idle-book.ts'
import { Interrupted, type LifeOperation } from './interrupted.ts'
import { createJournal } from './journal.ts'
import { metadataOf } from './metadata.ts'
import { newRecord } from './new-record.ts'
import { startParts, stopParts } from './parts.ts'
import type { SiloDoors, SiloOperation, SiloRecord, SiloStore } from './ports.ts'
import { provisionSteps } from './provision.ts'
import { SiloRecords } from './records.ts'
import { generateSecrets } from './secrets.ts'
import { describe, type PresentMachine, type StatusSources, statusOf } from './status.ts'
import type { SiloTemplates } from './templates.ts'
import type { SiloWork } from './work.ts'

export interface SiloManagerOptions {
  readonly machines: MachinesApi
  readonly store: SiloStore
  readonly doors: SiloDoors
  readonly templates: SiloTemplates
  readonly clock: Clock
  readonly log: Log
  stats(app: string, machineId: string): MachineStats | undefined | Promise<MachineStats | undefined>
  /** An app's machines as they are at this moment, without waiting; for lists of hundreds and for statuses. */
  present(app: string): readonly PresentMachine[]
  /** What care of silos stands on, beside what is above. */
  readonly care: Pick<CareOptions, 'care' | 'databases' | 'attic' | 'frontends'>
}

/** Why a silo wakes. */
export interface StartCause {
  readonly door: string
  readonly client: string
  /** The apps that somebody waits for: they start first, the others when it is calm. Default: all at once. */
  readonly first?: readonly string[]
}

export interface SiloName {
  readonly silo_id: string
  readonly alias: string
  /** Milliseconds since 1970. A silo that was destroyed and made again has the same id and another time. */
  readonly made_at: number
}

/**
 * The life of all silos of this machine. One operation at a time per silo; asking for what is under way joins it.
 * Every operation is recorded before its first step, so `recover` finishes or undoes what a crash interrupted.
 */
export class SiloManager {
  /** Leases, modes of row-level security, rotation, moving, bringing back. */
  readonly care: SiloCare
  readonly #options: SiloManagerOptions
  /** Joins equal requests; `#queues` then runs the operations of one silo one after the other. */
  readonly #flights = new SingleFlight<string, void>()
  /** Silos whose provisioning failed and is not yet taken back. */
  readonly #failed = new Set<string>()
  readonly #queues = new Map<string, Serial>()
  readonly #idleBook: IdleBook
  readonly #statusSources: StatusSources
  readonly #idle: ReturnType<typeof createIdleWatch>
  readonly #records: SiloRecords
  readonly #interrupted: Interrupted
  readonly #calm: Calm

  constructor(options: SiloManagerOptions) {
    this.#options = options
    this.#records = new SiloRecords(options)
    const { store, clock, log } = options
    this.care = new SiloCare(this.#work(), { ...options.care, store, clock, log })
    this.#interrupted = new Interrupted({
      store,
      clock,
      log,
      change: (id, changes) => this.#records.change(id, changes),
      begin: (record, kind) => this.#once(record.id, kind, () => this.#again(record, kind)),
      resumeCare: record => this.care.resume(record),
    })
    this.#calm = new Calm(clock)
    this.#idleBook = new IdleBook(clock)
    this.#statusSources = { ...options, idle: this.#idleBook }
    this.#idle = createIdleWatch({
      idle: this.#idleBook,
      clock: options.clock,
      log: options.log,
      doors: options.doors,
      records: () => options.store.list(),
      sleep: record => this.stop(record.id, 'idle'),
    })
  }

  /** Finishes what was under way when the daemon ended, then watches for idle silos. Silos are mended side by side; one that cannot be does not hold the others. */
  async recover(): Promise<void> {
    await this.#interrupted.resumeAll()
    this.#idle.start()
    await this.care.start()
  }

  halt(): void {
    this.#interrupted.halt()
    this.#idle.stop()
    this.care.halt()
  }

  async create(input: CreateSilo, listener?: StepListener): Promise<Silo> {
    const { store, clock } = this.#options
    const now = clock.now()
    const record = newRecord(input, now)
    if (store.list().some(({ alias }) => alias === record.alias)) throw siloErrors.exists(record.alias)
    // Nobody has been told of it yet: after a power failure there was no such silo. The disk is waited for once, at the end.
    store.saveSecrets(record.id, generateSecrets(now), { lasting: false })
    this.#records.save(record, false)
    this.#publish(record.id)
    await this.#once(record.id, 'provision', () => this.#provision(record, listener))
    await store.synced()
    return describe(this.#records.get(record.id), this.#records.states(record))
  }

  /** True once a silo was made in this home, also when none is left. */
  everHadOne(): boolean {
    return this.#options.store.everHadOne()
  }

  list(): Silo[] {
    return this.#options.store.list().map(record => describe(record, this.#records.states(record)))
  }

  /** Which silo is meant by an id or alias, and nothing that has to be looked up in its machines: every call of the desk asks. */
  name(idOrAlias: string): SiloName | undefined {
    const record = this.#records.find(idOrAlias)
    return record && { silo_id: record.id, alias: record.alias, made_at: record.createdAt }
  }

  /** By id or alias. */
  find(name: string): Silo | undefined {
    const record = this.#records.find(name)
    return record && describe(record, this.#records.states(record))
  }

  get(name: string): Silo {
    const record = this.#records.get(name)
    return describe(record, this.#records.states(record))
  }

  async status(name: string): Promise<SiloStatus> {
    return statusOf(this.#records.get(name), this.#statusSources)
  }

  connection(name: string): SiloConnection {
    const record = this.#records.get(name)
    const secrets = this.#options.store.secrets(record.id)
    if (!secrets) throw siloErrors.gone(record.alias)
    return connectionOf(record, secrets, this.#options.doors)
  }

  /**
   * What the desk may tell parts of: the silo as it is now, and its connection record, which is there from provisioning until a stop begins.
   * Both are read in one moment.
   */
  async context(name: string): Promise<SiloContext> {
    const record = this.#records.get(name)
    return contextOf(record, this.#options, this.#options.store.connection(record.id))
  }

  metadata(name: string): SiloMetadata {
    const record = this.#records.get(name)
    return metadataOf(record, this.#records.states(record), this.#options.templates)
  }

  /** Keeps it awake until then, however idle. A later end that was asked for before stays. */
  extend(name: string, minutes: number): Silo {
    const record = this.#records.get(name)
    this.#refuseWhile(record)
    if (record.wanted !== 'running') throw siloErrors.asleep(record.alias)
    const until = this.#options.clock.now() + minutes * 60_000
    this.#records.change(record.id, { awakeUntil: Math.max(until, record.awakeUntil ?? 0) })
    return this.get(name)
  }

  /** Wakes it and resolves when every part runs. Joins a start under way; waits for a stop under way and then starts. */
  async start(name: string, cause: StartCause): Promise<Silo> {
    const record = this.#records.get(name)
    this.#refuseWhile(record)
    // Whoever comes later may want what the first did not.
    this.#calm.hurry(record.id)
    await this.#once(record.id, 'start', () => this.#start(record.id, cause))
    return describe(this.#records.get(record.id), this.#records.states(record))
  }

  async stop(name: string, reason: string): Promise<Silo> {
    const record = this.#records.get(name)
    this.#refuseWhile(record)
    this.#calm.hurry(record.id)
    await this.#once(record.id, 'stop', () => this.#stop(record.id, reason))
    return describe(this.#records.get(record.id), this.#records.states(record))
  }

  async destroy(name: string, listener?: StepListener): Promise<void> {
    const record = this.#records.get(name)
    if (record.operation?.kind !== 'destroy') this.#refuseWhile(record)
    await this.#once(record.id, 'destroy', () => this.#destroy(record.id, listener))
  }

  /** Which app belongs to which silo, and stands on which other. */
  get apps(): AppIndex {
    return this.#records.apps
  }

  /** The silo that an app belongs to. */
  siloOfApp(app: string): string | undefined {
    return this.apps.siloOf(app)
  }

  async #provision(record: SiloRecord, listener?: StepListener): Promise<void> {
    const { store, clock } = this.#options
    const journal = createJournal(store, record.id, false)
    let failedAt = ''
    try {
      if (this.#failed.has(record.id)) {
        await undoSteps(provisionSteps(record), this.#records.context(record), journal, listener)
        throw siloErrors.takenBack(record.alias)
      }
      await runSteps(provisionSteps(record), this.#records.context(record), journal, event => {
        if (event.state === 'begun') failedAt = event.step
        listener?.(event)
      })
    } catch (error) {
      // What could not be taken back yet (the disk is full) is tried again, not forgotten.
      this.#failed.add(record.id)
      if (journal.read().every(({ state }) => state === 'undone')) this.#forget(record)
      throw error instanceof HangarError && error.status < 500
        ? error
        : siloErrors.provisionFailed(record.alias, failedAt, messageOf(error))
    }
    this.#publish(record.id)
    this.#records.change(record.id, { operation: null, lastStartedAt: clock.now() }, false)
  }

  async #start(id: string, { door, client, first }: StartCause): Promise<void> {
    const { clock, log } = this.#options
    const record = this.#records.get(id)
    const began = clock.monotonic()
    const sleeping = record.wanted !== 'running'
    // After a power failure a silo that was waking sleeps, and wakes again: nobody waits for the disk here.
    if (sleeping)
      this.#records.change(
        id,
        { wanted: 'running', operation: operation('start', clock.now()), error: null },
        false,
      )
    try {
      await this.care.rls.noteStart(record)
      await this.#startParts(record, first)
    } catch (error) {
      this.#records.change(id, { operation: null, error: messageOf(error) })
      throw error
    }
    this.#publish(id)
    if (sleeping) this.#records.change(id, { operation: null, lastStartedAt: clock.now() }, false)
    log.info({ silo: record.alias, ms: Math.round(clock.monotonic() - began), door, client }, 'silo is awake')
  }

  async #startParts(record: SiloRecord, wanted: readonly string[] | undefined): Promise<void> {
    if (!wanted) return startParts(this.#options, record)
    const first = new Set(wanted)
    this.apps.rises(record, first)
    try {
      await this.#calm.during(record.id, afterwards =>
        startParts(this.#options, record, { first, afterwards }),
      )
    } finally {
      this.apps.rises(record, undefined)
    }
  }

  async #stop(id: string, reason: string): Promise<void> {
    const { machines, clock, log } = this.#options
    const record = this.#records.get(id)
    this.#records.change(id, {
      wanted: 'stopped',
      operation: operation('stop', clock.now()),
      awakeUntil: null,
    })
    try {
      await this.care.rls.revert(record)
      await stopParts(machines, record)
      this.#records.change(id, { operation: null, lastStoppedAt: clock.now(), error: null })
    } catch (error) {
      this.#records.change(id, { operation: null, error: messageOf(error) })
      throw error
    }
    log.info({ silo: record.alias, reason }, 'silo sleeps')
  }

  #destroy(id: string, listener?: StepListener): Promise<void> {
    return this.care.bury(id, listener)
  }

  /** What a crash or a failure interrupted, from the beginning or from where its journal says. */
  #again(record: SiloRecord, kind: LifeOperation): Promise<void> {
    switch (kind) {
      case 'provision':
        return this.#provision(record)
      case 'destroy':
        return this.#destroy(record.id)
      case 'stop':
        return this.#stop(record.id, 'finishing a stop')
      case 'start':
        return this.#start(record.id, { door: 'recovery', client: 'daemon' })
    }
  }

  async #once(id: string, kind: SiloOperation['kind'], work: () => Promise<void>): Promise<void> {
    try {
      await this.#flights.run(`${id}:${kind}`, () => this.#exclusive(id, work))
    } catch (error) {
      this.#interrupted.resumeLater(id)
      throw error
    }
  }

  #exclusive<T>(id: string, work: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(id) ?? new Serial()
    this.#queues.set(id, queue)
    return queue.run(work)
  }

  #work(): SiloWork {
    return {
      get: name => this.#records.get(name),
      list: () => this.#options.store.list(),
      describe: id => this.get(id),
      change: (id, changes) => this.#records.change(id, changes),
      exclusive: (id, work) => this.#exclusive(id, work),
      refuseWhile: record => this.#refuseWhile(record),
      context: record => this.#records.context(record),
      begin: (id, client) => this.#start(id, { door: 'desk', client }),
      published: id => {
        if (this.#records.get(id).wanted === 'running') this.#publish(id)
      },
      adopt: record => this.#records.save(record),
      forget: record => this.#forget(record),
    }
  }

  /** (Re)writes the connection record; to be called whenever what is in it may have changed. */
  #publish(id: string): void {
    this.#options.store.saveConnection(id, this.connection(id))
  }

  #refuseWhile({ operation, alias }: SiloRecord): void {
    if (operation?.kind === 'provision') throw siloErrors.busy(alias, 'provisioning')
    if (operation?.kind === 'restore') throw siloErrors.busy(alias, 'restoring')
    if (operation?.kind === 'destroy') throw siloErrors.gone(alias)
  }

  #forget(record: SiloRecord): void {
    this.#records.delete(record)
    this.#queues.delete(record.id)
    this.#failed.delete(record.id)
  }
}

function operation(kind: SiloOperation['kind'], startedAt: number): SiloOperation {
  return { kind, startedAt, journal: [] }
}
