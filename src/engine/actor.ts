import type { MachineState } from '#contract'
import type { Clock, Log } from '#kernel'
import { AcceptingQueue } from './accepting-queue.ts'
import { engineErrors } from './errors.ts'
import { type EventSource, MachineLedger } from './ledger.ts'
import type { Address, LaunchSpec, Probe, Runtime } from './ports.ts'
import type { MachineRecord } from './records.ts'
import { recoverMachine } from './recover-machine.ts'
import { Restarter } from './restarter.ts'
import { MachineRun } from './run.ts'
import { type StopInput, stopOptions } from './stop-options.ts'
import type { MachineStore } from './store-port.ts'
import { nextState } from './transitions.ts'

export interface ActorOptions {
  readonly store: MachineStore
  readonly runtime: Runtime
  readonly probe: Probe
  readonly clock: Clock
  readonly log: Log
  /** The complete launch of this record with that token; throws when a secret or a version is missing. */
  spec(record: MachineRecord, token: string): Promise<LaunchSpec>
  /** The machine's own folder on this machine. */
  directoryOf(record: MachineRecord): string
  secretsVersion(): number
  /** Takes the app's secrets out of what an event says. */
  redact<T>(value: T): T
  addressOf(record: MachineRecord, port: number): Address
  /** Told after every change. */
  onChange(record: MachineRecord): void
  /** The machine has ended and its folder is about to go. */
  beforeRemoval(id: string): Promise<void>
  /** The machine is destroyed and its record may go. */
  onDestroyed(record: MachineRecord): void
}

/**
 * One machine. All that changes it runs in one queue; every transition is written before it is acted on. Requests answer as soon as the
 * transition is recorded; `settled` tells when the queue is empty.
 */
export class MachineActor {
  readonly #ledger: MachineLedger
  readonly #options: ActorOptions
  readonly #queue: AcceptingQueue
  readonly #restarter: Restarter
  readonly #run: MachineRun

  constructor(record: MachineRecord, options: ActorOptions) {
    const { store, clock, log, onChange, redact } = options
    this.#options = options
    this.#ledger = new MachineLedger(record, { store, clock, onChange, redact })
    this.#queue = new AcceptingQueue(error =>
      log.error({ machine: record.id, err: error }, 'machine operation failed'),
    )
    this.#restarter = new Restarter({
      clock,
      log,
      ledger: this.#ledger,
      relaunch: () => this.#relaunch(),
      selfDestroy: () => this.#run.selfDestroy(),
    })
    this.#run = new MachineRun({
      options,
      ledger: this.#ledger,
      restarter: this.#restarter,
      later: task => this.#later(task),
    })
  }

  get record(): MachineRecord {
    return this.#ledger.record
  }

  get lastEventId(): string {
    return this.#ledger.lastEventId
  }

  /** Calls `watcher` after every change until the returned function is called. */
  watch(watcher: (record: MachineRecord) => void): () => void {
    return this.#ledger.watch(watcher)
  }

  /** A change that is no transition: cordon, lease, metadata. */
  patch(change: Partial<MachineRecord>): void {
    this.#ledger.patch(change)
  }

  get checks() {
    return this.#run.checks
  }

  get healthy(): boolean {
    return this.#run.healthy
  }

  /** Resolves when nothing is under way. */
  settled(): Promise<void> {
    return this.#queue.idle()
  }

  /** Records the start and resolves; the machine then starts. */
  start(source: EventSource): Promise<MachineState> {
    return this.#queue.accepted(async accept => {
      const before = this.record.state
      if (before === 'started') return accept(before)
      this.#restarter.cancel()
      await this.#run.launch(source, accept, before)
    })
  }

  /** Records the stop and resolves; the machine then stops. */
  stop(source: EventSource, input: StopInput = {}): Promise<void> {
    this.#run.overtake('the start was overtaken by a stop')
    return this.#queue.accepted(async accept => {
      this.#restarter.cancel()
      const { state } = this.record
      if (state === 'stopped') return accept()
      this.#ledger.transition(
        'stop',
        'stop',
        source,
        state === 'created' || state === 'failed' ? 'stopped' : 'stopping',
        { relaunch: false },
      )
      accept()
      if (this.record.state === 'stopping') await this.#run.halt(input, source)
    })
  }

  suspend(source: EventSource): Promise<void> {
    return this.#queue.accepted(async accept => {
      if (this.record.state === 'suspended') return accept()
      this.#ledger.transition('suspend', 'suspend', source, 'suspending')
      accept()
      this.#run.endChecks()
      try {
        await this.#options.runtime.suspend(this.record.id)
        this.#ledger.transition('suspended', 'suspend', 'flyd', 'suspended')
      } catch (error) {
        // Fly falls back to a stop when it cannot suspend.
        this.#options.log.warn({ machine: this.record.id, err: error }, 'suspend failed; stopping instead')
        this.#ledger.transition('stop', 'stop', 'flyd', 'stopping')
        await this.#run.halt({}, 'flyd')
      }
    })
  }

  /** Stops and starts as one: nothing comes between. */
  restart(source: EventSource, input: StopInput): Promise<void> {
    return this.#queue.accepted(async accept => {
      this.#restarter.cancel()
      const { state } = this.record
      if (state === 'started' || state === 'suspended') {
        this.#ledger.transition('stop', 'stop', source, 'stopping', { relaunch: true })
        accept()
        await this.#run.halt(input, source)
      }
      await this.#run.launch(source, () => accept(), this.record.state)
    })
  }

  /** A new version. What ran is stopped; it runs again unless `skipLaunch` and it did not run before. */
  update(change: Partial<MachineRecord>, options: { launch: boolean; source: EventSource }): Promise<void> {
    return this.#queue.accepted(async accept => {
      this.#restarter.cancel()
      const { state } = this.record
      const ran = state === 'started' || state === 'suspended'
      if (nextState(state, 'update') === undefined)
        throw engineErrors.transition(this.record.id, 'update', state)
      const { store, clock } = this.#options
      const now = clock.now()
      const changed = {
        ...this.record,
        ...change,
        state: 'replacing' as const,
        relaunch: options.launch,
        updatedAt: now,
        failures: [],
      }
      this.#ledger.commit(() => {
        store.saveVersion({
          machineId: changed.id,
          instanceId: changed.instanceId,
          config: changed.config,
          createdAt: now,
        })
        this.#ledger.write(changed, 'update', options.source, 'replacing')
      })
      this.#ledger.announce()
      accept()
      if (ran) await this.#run.end()
      this.#ledger.transition('updated', 'update', 'flyd', 'replaced', {
        token: null,
        handle: null,
        startedAt: null,
        prepared: true,
      })
      if (options.launch) await this.#run.launch('flyd', () => {}, 'stopped')
    })
  }

  destroy(source: EventSource, force: boolean): Promise<void> {
    if (force) this.#run.overtake('the machine is being destroyed')
    return this.#queue.accepted(async accept => {
      const { state } = this.record
      if (!force && ['started', 'starting', 'suspended', 'suspending', 'stopping'].includes(state))
        throw engineErrors.destroyNeedsForce(this.record.id, state)
      this.#restarter.cancel()
      this.#ledger.transition('destroy', 'destroy', source, 'destroying')
      await this.#run.destroyed()
      accept()
    })
  }

  signal(signal: string): Promise<void> {
    return this.#queue.run(() => {
      if (this.record.state !== 'started') throw engineErrors.notRunning(this.record.id, this.record.state)
      return this.#options.runtime.signal(this.record.id, signal)
    })
  }

  /** After a restart of the daemon: takes over what still runs, finishes what was under way. */
  recover(): Promise<void> {
    return this.#queue.run(() =>
      recoverMachine({
        ledger: this.#ledger,
        log: this.#options.log,
        runtime: this.#options.runtime,
        stopOptions: () => stopOptions(this.record.config),
        adopt: () => this.#run.adopt(),
        halt: () => this.#run.halt({}, 'flyd'),
        launch: () => this.#run.launch('flyd', () => {}, 'stopped'),
        gone: why => this.#run.gone(why),
        destroyed: () => this.#run.destroyed(),
        beginChecks: () => this.#run.beginChecks(),
      }),
    )
  }

  /** For a shutdown of the daemon: ends what runs, but keeps the recorded state, so that the next start brings it back. */
  rest(): Promise<void> {
    return this.#queue.run(async () => {
      if (!['started', 'suspended'].includes(this.record.state)) return
      await this.#run.end()
    })
  }

  /** Ends timers; leaves what runs alone. */
  detach(): void {
    this.#restarter.cancel()
    this.#ledger.close()
    this.#run.endChecks()
  }

  /** After the back-off of its policy, when nothing else has happened to it. */
  #relaunch(): void {
    this.#later(async () => {
      if (!['stopped', 'failed'].includes(this.record.state)) return
      await this.#run
        .launch('flyd', () => {}, 'stopped')
        .catch(error => {
          this.#options.log.error({ machine: this.record.id, err: error }, 'machine could not be restarted')
          // Not even the attempt could be recorded: nothing is wrong with the machine, so it is tried again.
          if (['stopped', 'failed'].includes(this.record.state)) this.#restarter.again()
        })
    })
  }

  /** Queues what nobody waits for. */
  #later(task: () => Promise<void>): void {
    this.#queue
      .run(task)
      .catch(error =>
        this.#options.log.error({ machine: this.record.id, err: error }, 'machine operation failed'),
      )
  }
}
