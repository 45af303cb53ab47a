import { rm } from 'node:fs/promises'
import type { MachineState } from '#contract'
import { asHangarError, type Clock, type Log, prefixedId } from '#kernel'
import { AcceptingQueue } from './accepting-queue.ts'
import { CheckRunner } from './checks.ts'
import { engineErrors } from './errors.ts'
import { describeExit, exitRequest } from './exits.ts'
import { placeFiles } from './launch-files.ts'
import { type EventSource, MachineLedger } from './ledger.ts'
import type { Address, ExitInfo, LaunchSpec, Probe, Runtime } from './ports.ts'
import type { MachineRecord } from './records.ts'
import { recoverMachine } from './recover-machine.ts'
import { Restarter } from './restarter.ts'
import { stopOptions } from './stop-options.ts'
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
  secretsVersion(): number
  /** Takes the app's secrets out of what an event says. */
  redact<T>(value: T): T
  addressOf(record: MachineRecord, port: number): Address
  /** Told after every change. */
  onChange(record: MachineRecord): void
  /** The machine is destroyed and its record may go. */
  onDestroyed(record: MachineRecord): void
}

/** How long a start may take until it counts as failed. */
const startTimeoutMs = 60_000

/**
 * One machine. All that changes it runs in one queue; every transition is written before it is acted on. Requests answer as soon as the
 * transition is recorded; `settled` tells when the queue is empty.
 */
export class MachineActor {
  readonly #ledger: MachineLedger
  readonly #options: ActorOptions
  readonly #queue: AcceptingQueue
  readonly #restarter: Restarter
  #checks: CheckRunner | undefined
  #starting: AbortController | undefined
  /** Set while an exit is expected because we asked for it. */
  #requested = false

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
      selfDestroy: () => this.#selfDestroy(),
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
    return this.#checks?.verdicts() ?? []
  }

  get healthy(): boolean {
    return this.#checks?.healthy ?? true
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
      await this.#launch(source, accept, before)
    })
  }

  /** Records the stop and resolves; the machine then stops. */
  stop(
    source: EventSource,
    input: { signal?: string | undefined; timeoutMs?: number | undefined } = {},
  ): Promise<void> {
    this.#starting?.abort(engineErrors.overtaken('the start was overtaken by a stop'))
    return this.#queue.accepted(async accept => {
      this.#restarter.cancel()
      const { state } = this.record
      if (state === 'stopped') return accept()
      this.#ledger.transition(
        'stop',
        'stop',
        source,
        state === 'created' || state === 'failed' ? 'stopped' : 'stopping',
      )
      accept()
      if (this.record.state === 'stopping') await this.#halt(input, source)
    })
  }

  suspend(source: EventSource): Promise<void> {
    return this.#queue.accepted(async accept => {
      if (this.record.state === 'suspended') return accept()
      this.#ledger.transition('suspend', 'suspend', source, 'suspending')
      accept()
      this.#endChecks()
      try {
        await this.#options.runtime.suspend(this.record.id)
        this.#ledger.transition('suspended', 'suspend', 'flyd', 'suspended')
      } catch (error) {
        // Fly falls back to a stop when it cannot suspend.
        this.#options.log.warn({ machine: this.record.id, err: error }, 'suspend failed; stopping instead')
        this.#ledger.transition('stop', 'stop', 'flyd', 'stopping')
        await this.#halt({}, 'flyd')
      }
    })
  }

  /** Stops and starts as one: nothing comes between. */
  restart(
    source: EventSource,
    input: { signal?: string | undefined; timeoutMs?: number | undefined },
  ): Promise<void> {
    return this.#queue.accepted(async accept => {
      this.#restarter.cancel()
      const { state } = this.record
      if (state === 'started' || state === 'suspended') {
        this.#ledger.transition('stop', 'stop', source, 'stopping')
        accept()
        await this.#halt(input, source)
      }
      await this.#launch(source, () => accept(), this.record.state)
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
      if (ran) {
        this.#endChecks()
        await this.#options.runtime.stop(this.record.id, stopOptions(this.record.config))
      }
      this.#ledger.transition('updated', 'update', 'flyd', 'replaced', {
        token: null,
        handle: null,
        startedAt: null,
        prepared: true,
      })
      if (options.launch && (ran || state !== 'stopped' || options.launch))
        await this.#launch('flyd', () => {}, 'stopped')
    })
  }

  destroy(source: EventSource, force: boolean): Promise<void> {
    if (force) this.#starting?.abort(engineErrors.overtaken('the machine is being destroyed'))
    return this.#queue.accepted(async accept => {
      const { state } = this.record
      if (!force && ['started', 'starting', 'suspended', 'suspending', 'stopping'].includes(state))
        throw engineErrors.destroyNeedsForce(this.record.id, state)
      this.#restarter.cancel()
      this.#ledger.transition('destroy', 'destroy', source, 'destroying')
      await this.#destroyed()
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
        adopt: () => this.#adopt(),
        halt: () => this.#halt({}, 'flyd'),
        launch: () => this.#launch('flyd', () => {}, 'stopped'),
        gone: why => this.#gone(why),
        destroyed: () => this.#destroyed(),
        beginChecks: () => this.#beginChecks(),
      }),
    )
  }

  /** For a shutdown of the daemon: ends what runs, but keeps the recorded state, so that the next start brings it back. */
  rest(): Promise<void> {
    return this.#queue.run(async () => {
      if (!['started', 'suspended'].includes(this.record.state)) return
      this.#requested = true
      this.#endChecks()
      await this.#options.runtime.stop(this.record.id, stopOptions(this.record.config))
    })
  }

  /** Ends timers; leaves what runs alone. */
  detach(): void {
    this.#restarter.cancel()
    this.#ledger.close()
    this.#endChecks()
  }

  async #launch(
    source: EventSource,
    accept: (before: MachineState) => void,
    before: MachineState,
  ): Promise<void> {
    const { runtime, clock } = this.#options
    const { state } = this.record
    if (nextState(state, 'start') === undefined) throw engineErrors.transition(this.record.id, 'start', state)
    if (state === 'suspended') return this.#resume(source, accept)
    const token = prefixedId('run')
    const spec = await this.#options.spec(this.record, token)
    this.#ledger.transition('start', 'start', source, 'starting', {
      token,
      handle: null,
      startedSecretsVersion: this.#options.secretsVersion(),
    })
    accept(before)
    this.#requested = false
    const abort = new AbortController()
    this.#starting = abort
    const timer = clock.after(startTimeoutMs, () =>
      abort.abort(engineErrors.startTimeout(startTimeoutMs / 1000)),
    )
    try {
      await placeFiles(spec)
      const { handle } = await runtime.start(spec, exit => this.#exited(token, exit), abort.signal)
      // An exit may have been noticed while the start returned; then it wins.
      if (this.record.token !== token || this.record.state !== 'starting') return
      this.#ledger.transition('started', 'start', 'flyd', 'started', { handle, startedAt: clock.now() })
      this.#beginChecks()
    } catch (error) {
      if (this.record.token !== token || this.record.state !== 'starting') return
      await runtime.stop(this.record.id, { signal: 'SIGKILL', timeoutMs: 0 }).catch(() => {})
      this.#restarter.startFailed(asHangarError(error, 'Starting'))
    } finally {
      timer.cancel()
      if (this.#starting === abort) this.#starting = undefined
    }
  }

  async #resume(source: EventSource, accept: (before: MachineState) => void): Promise<void> {
    this.#ledger.transition('start', 'start', source, 'starting')
    accept('suspended')
    await this.#options.runtime.resume(this.record.id)
    if (this.record.state !== 'starting') return
    this.#ledger.transition('started', 'start', 'flyd', 'started')
    this.#beginChecks()
  }

  async #halt(
    input: { signal?: string | undefined; timeoutMs?: number | undefined },
    source: EventSource,
  ): Promise<void> {
    this.#requested = true
    this.#endChecks()
    await this.#options.runtime.stop(this.record.id, stopOptions(this.record.config, input))
    if (this.record.state !== 'stopping') return
    this.#ledger.transition(
      'stopped',
      'exit',
      'flyd',
      'stopped',
      { token: null, handle: null, startedAt: null, failures: [] },
      exitRequest(undefined, {
        requested: true,
        restarting: false,
        count: this.#restarter.count,
        at: this.#options.clock.now(),
      }),
    )
    if (this.record.config.auto_destroy && source !== 'proxy') await this.#selfDestroy()
  }

  /** What ran has ended. Called by the runtime at any time; handled in the queue. */
  #exited(token: string, exit: ExitInfo): void {
    if (this.record.token === token && this.record.state === 'starting')
      this.#starting?.abort(engineErrors.endedWhileStarting(describeExit(exit)))
    if (this.#requested || this.record.token !== token) return
    this.#later(async () => {
      const { state } = this.record
      if (this.record.token !== token || !['started', 'suspended', 'suspending'].includes(state)) return
      this.#endChecks()
      await this.#restarter.afterExit(exit)
    })
  }

  /** After the back-off of its policy, when nothing else has happened to it. */
  #relaunch(): void {
    this.#later(async () => {
      if (!['stopped', 'failed'].includes(this.record.state)) return
      await this.#launch('flyd', () => {}, 'stopped').catch(error => {
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

  async #selfDestroy(): Promise<void> {
    this.#ledger.transition('destroy', 'destroy', 'flyd', 'destroying')
    await this.#destroyed()
  }

  async #destroyed(): Promise<void> {
    const { runtime, clock } = this.#options
    this.#requested = true
    this.#endChecks()
    await this.#adopt()
    await runtime.stop(this.record.id, { signal: 'SIGKILL', timeoutMs: 0 })
    const spec = await this.#options.spec(this.record, 'destroyed').catch(() => undefined)
    if (spec) await rm(spec.directory, { recursive: true, force: true })
    this.#ledger.transition('destroyed', 'destroy', 'flyd', 'destroyed', {
      token: null,
      handle: null,
      startedAt: null,
      updatedAt: clock.now(),
    })
    this.#options.onDestroyed(this.record)
  }

  async #adopt(): Promise<boolean> {
    const { token, handle } = this.record
    if (!token || !handle) return false
    const spec = await this.#options.spec(this.record, token).catch(() => undefined)
    return (
      spec !== undefined &&
      (await this.#options.runtime.adopt(spec, handle, exit => this.#exited(token, exit))) !== undefined
    )
  }

  /** Recorded as running, but is not. */
  #gone(why: string): void {
    const now = this.#options.clock.now()
    const exit: ExitInfo = { exitCode: null, signal: null, oomKilled: false, at: now }
    const action = this.record.state === 'starting' ? 'start-failed' : 'exited'
    this.#ledger.transition(
      action,
      'exit',
      'flyd',
      'stopped',
      { token: null, handle: null, startedAt: null },
      { ...exitRequest(exit, { requested: false, restarting: true, count: 0, at: now }), error: why },
    )
  }

  #beginChecks(): void {
    this.#endChecks()
    const { clock, probe, addressOf } = this.#options
    this.#checks = new CheckRunner(this.record.config, {
      clock,
      probe,
      addressOf: port => addressOf(this.record, port),
      onChange: () => this.#ledger.announce(),
    })
  }

  #endChecks(): void {
    this.#checks?.stop()
    this.#checks = undefined
  }
}
