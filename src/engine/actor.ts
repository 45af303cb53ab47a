import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { MachineEvent, MachineState } from '#contract'
import {
  asHangarError,
  type Clock,
  HangarError,
  type Log,
  prefixedId,
  Serial,
  type Timer,
  ulid,
  writeFileAtomic,
} from '#kernel'
import { CheckRunner, milliseconds } from './checks.ts'
import { engineErrors } from './errors.ts'
import type { Address, ExitInfo, LaunchSpec, Probe, Runtime } from './ports.ts'
import type { EventRecord, MachineRecord } from './records.ts'
import { decideRestart, recentFailures } from './restart-policy.ts'
import type { MachineStore } from './store-port.ts'
import { type MachineAction, nextState } from './transitions.ts'

export type EventSource = MachineEvent['source']

export interface ActorOptions {
  readonly store: MachineStore
  readonly runtime: Runtime
  readonly probe: Probe
  readonly clock: Clock
  readonly log: Log
  /** The complete launch of this record with that token; throws when a secret or a version is missing. */
  spec(record: MachineRecord, token: string): Promise<LaunchSpec>
  secretsVersion(): number
  addressOf(record: MachineRecord, port: number): Address
  /** Told after every change. */
  onChange(record: MachineRecord): void
  /** The machine is destroyed and its record may go. */
  onDestroyed(record: MachineRecord): void
}

const defaultStopTimeoutMs = 5_000
const defaultStopSignal = 'SIGINT'
/** How long a start may take until it counts as failed. */
const startTimeoutMs = 60_000

/**
 * One machine. All that changes it runs in one queue; every transition is written before it is acted on. Requests answer as soon as the
 * transition is recorded; `settled` tells when the queue is empty.
 */
export class MachineActor {
  #record: MachineRecord
  readonly #options: ActorOptions
  readonly #queue = new Serial()
  readonly #watchers = new Set<(record: MachineRecord) => void>()
  #checks: CheckRunner | undefined
  #restartTimer: Timer | undefined
  #starting: AbortController | undefined
  /** Set while an exit is expected because we asked for it. */
  #requested = false
  #restartCount = 0

  constructor(record: MachineRecord, options: ActorOptions) {
    this.#record = record
    this.#options = options
  }

  get record(): MachineRecord {
    return this.#record
  }

  get checks() {
    return this.#checks?.verdicts() ?? []
  }

  get healthy(): boolean {
    return this.#checks?.healthy ?? true
  }

  /** Calls `watcher` after every change until the returned function is called. */
  watch(watcher: (record: MachineRecord) => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** Resolves when nothing is under way. */
  settled(): Promise<void> {
    return this.#queue.idle()
  }

  /** Records the start and resolves; the machine then starts. */
  start(source: EventSource): Promise<MachineState> {
    return this.#accepted(async accept => {
      const before = this.#record.state
      if (before === 'started') return accept(before)
      this.#cancelRestart()
      await this.#launch(source, accept, before)
    })
  }

  /** Records the stop and resolves; the machine then stops. */
  stop(
    source: EventSource,
    input: { signal?: string | undefined; timeoutMs?: number | undefined } = {},
  ): Promise<void> {
    this.#starting?.abort(
      new HangarError('the start was overtaken by a stop', { code: 'HGR_ENGINE_OVERTAKEN', status: 409 }),
    )
    return this.#accepted(async accept => {
      this.#cancelRestart()
      const { state } = this.#record
      if (state === 'stopped') return accept()
      this.#transition(
        'stop',
        'stop',
        source,
        state === 'created' || state === 'failed' ? 'stopped' : 'stopping',
      )
      accept()
      if (this.#record.state === 'stopping') await this.#halt(input, source)
    })
  }

  suspend(source: EventSource): Promise<void> {
    return this.#accepted(async accept => {
      if (this.#record.state === 'suspended') return accept()
      this.#transition('suspend', 'suspend', source, 'suspending')
      accept()
      this.#endChecks()
      try {
        await this.#options.runtime.suspend(this.#record.id)
        this.#transition('suspended', 'suspend', 'flyd', 'suspended')
      } catch (error) {
        // Fly falls back to a stop when it cannot suspend.
        this.#options.log.warn({ machine: this.#record.id, err: error }, 'suspend failed; stopping instead')
        this.#transition('stop', 'stop', 'flyd', 'stopping')
        await this.#halt({}, 'flyd')
      }
    })
  }

  /** Stops and starts as one: nothing comes between. */
  restart(
    source: EventSource,
    input: { signal?: string | undefined; timeoutMs?: number | undefined },
  ): Promise<void> {
    return this.#accepted(async accept => {
      this.#cancelRestart()
      const { state } = this.#record
      if (state === 'started' || state === 'suspended') {
        this.#transition('stop', 'stop', source, 'stopping')
        accept()
        await this.#halt(input, source)
      }
      await this.#launch(source, () => accept(), this.#record.state)
    })
  }

  /** A new version. What ran is stopped; it runs again unless `skipLaunch` and it did not run before. */
  update(change: Partial<MachineRecord>, options: { launch: boolean; source: EventSource }): Promise<void> {
    return this.#accepted(async accept => {
      this.#cancelRestart()
      const { state } = this.#record
      const ran = state === 'started' || state === 'suspended'
      if (nextState(state, 'update') === undefined)
        throw engineErrors.transition(this.#record.id, 'update', state)
      const { store, clock } = this.#options
      const now = clock.now()
      const changed = {
        ...this.#record,
        ...change,
        state: 'replacing' as const,
        updatedAt: now,
        failures: [],
      }
      store.transaction(() => {
        store.saveVersion({
          machineId: changed.id,
          instanceId: changed.instanceId,
          config: changed.config,
          createdAt: now,
        })
        this.#write(changed, 'update', options.source, 'replacing')
      })
      this.#announce()
      accept()
      if (ran) {
        this.#endChecks()
        await this.#options.runtime.stop(this.#record.id, this.#stopOptions({}))
      }
      this.#transition('updated', 'update', 'flyd', 'replaced', {
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
    if (force)
      this.#starting?.abort(
        new HangarError('the machine is being destroyed', { code: 'HGR_ENGINE_OVERTAKEN', status: 409 }),
      )
    return this.#accepted(async accept => {
      const { state } = this.#record
      if (!force && ['started', 'starting', 'suspended', 'suspending', 'stopping'].includes(state))
        throw engineErrors.destroyNeedsForce(this.#record.id, state)
      this.#cancelRestart()
      this.#transition('destroy', 'destroy', source, 'destroying')
      await this.#destroyed()
      accept()
    })
  }

  signal(signal: string): Promise<void> {
    return this.#queue.run(() => {
      if (this.#record.state !== 'started') throw engineErrors.notRunning(this.#record.id, this.#record.state)
      return this.#options.runtime.signal(this.#record.id, signal)
    })
  }

  /** A change that is no transition: cordon, lease, metadata. */
  patch(change: Partial<MachineRecord>): void {
    this.#record = { ...this.#record, ...change, updatedAt: this.#options.clock.now() }
    this.#options.store.saveMachine(this.#record)
    this.#announce()
  }

  /** After a restart of the daemon: takes over what still runs, finishes what was under way. */
  recover(): Promise<void> {
    return this.#queue.run(async () => {
      const { state } = this.#record
      switch (state) {
        case 'destroying':
          return this.#destroyed()
        case 'stopping':
          await this.#adopt()
          return this.#halt({}, 'flyd')
        case 'suspending':
        case 'suspended': {
          const adopted = await this.#adopt()
          // A frozen process survives; what lived in the daemon's own children does not.
          if (!adopted) this.#gone('its memory did not survive the restart')
          else if (state === 'suspending') {
            await this.#options.runtime.suspend(this.#record.id)
            this.#transition('suspended', 'suspend', 'flyd', 'suspended')
          }
          return
        }
        case 'starting':
        case 'started': {
          const adopted = await this.#adopt()
          if (adopted && state === 'started') return this.#beginChecks()
          if (adopted) {
            // It runs, but nobody saw it become ready: end it and start anew.
            await this.#options.runtime.stop(this.#record.id, this.#stopOptions({}))
          }
          this.#gone('it did not survive the restart')
          return this.#launch('flyd', () => {}, 'stopped').catch(error =>
            this.#options.log.error(
              { machine: this.#record.id, err: error },
              'machine could not be started again',
            ),
          )
        }
        case 'replacing':
          await this.#options.runtime.stop(this.#record.id, this.#stopOptions({})).catch(() => {})
          this.#transition('updated', 'update', 'flyd', 'replaced', {
            token: null,
            handle: null,
            startedAt: null,
            prepared: true,
          })
          return this.#launch('flyd', () => {}, 'stopped').catch(error =>
            this.#options.log.error(
              { machine: this.#record.id, err: error },
              'updated machine could not be started',
            ),
          )
        default:
          return
      }
    })
  }

  /** For a shutdown of the daemon: ends what runs, but keeps the recorded state, so that the next start brings it back. */
  rest(): Promise<void> {
    return this.#queue.run(async () => {
      if (!['started', 'suspended'].includes(this.#record.state)) return
      this.#requested = true
      this.#endChecks()
      await this.#options.runtime.stop(this.#record.id, this.#stopOptions({}))
    })
  }

  /** Ends timers; leaves what runs alone. */
  detach(): void {
    this.#cancelRestart()
    this.#endChecks()
  }

  async #launch(
    source: EventSource,
    accept: (before: MachineState) => void,
    before: MachineState,
  ): Promise<void> {
    const { runtime, clock } = this.#options
    const { state } = this.#record
    if (nextState(state, 'start') === undefined)
      throw engineErrors.transition(this.#record.id, 'start', state)
    if (state === 'suspended') return this.#resume(source, accept)
    const token = prefixedId('run')
    const spec = await this.#options.spec(this.#record, token)
    this.#transition('start', 'start', source, 'starting', {
      token,
      handle: null,
      startedSecretsVersion: this.#options.secretsVersion(),
    })
    accept(before)
    this.#requested = false
    const abort = new AbortController()
    this.#starting = abort
    const timer = clock.after(startTimeoutMs, () =>
      abort.abort(
        new HangarError(`it was not ready after ${startTimeoutMs / 1000} s`, {
          code: 'HGR_ENGINE_START_TIMEOUT',
          status: 504,
          kind: 'user',
        }),
      ),
    )
    try {
      await placeFiles(spec)
      const { handle } = await runtime.start(spec, exit => this.#exited(token, exit), abort.signal)
      // An exit may have been noticed while the start returned; then it wins.
      if (this.#record.token !== token || this.#record.state !== 'starting') return
      this.#transition('started', 'start', 'flyd', 'started', { handle, startedAt: clock.now() })
      this.#beginChecks()
    } catch (error) {
      if (this.#record.token !== token || this.#record.state !== 'starting') return
      await runtime.stop(this.#record.id, { signal: 'SIGKILL', timeoutMs: 0 }).catch(() => {})
      this.#startFailed(asHangarError(error, 'Starting'))
    } finally {
      timer.cancel()
      if (this.#starting === abort) this.#starting = undefined
    }
  }

  async #resume(source: EventSource, accept: (before: MachineState) => void): Promise<void> {
    this.#transition('start', 'start', source, 'starting')
    accept('suspended')
    await this.#options.runtime.resume(this.#record.id)
    if (this.#record.state !== 'starting') return
    this.#transition('started', 'start', 'flyd', 'started')
    this.#beginChecks()
  }

  async #halt(
    input: { signal?: string | undefined; timeoutMs?: number | undefined },
    source: EventSource,
  ): Promise<void> {
    this.#requested = true
    this.#endChecks()
    await this.#options.runtime.stop(this.#record.id, this.#stopOptions(input))
    if (this.#record.state !== 'stopping') return
    this.#transition(
      'stopped',
      'exit',
      'flyd',
      'stopped',
      { token: null, handle: null, startedAt: null, failures: [] },
      exitRequest(undefined, {
        requested: true,
        restarting: false,
        count: this.#restartCount,
        at: this.#options.clock.now(),
      }),
    )
    if (this.#record.config.auto_destroy && source !== 'proxy') await this.#selfDestroy()
  }

  #stopOptions(input: { signal?: string | undefined; timeoutMs?: number | undefined }) {
    const { stop_config: stop } = this.#record.config
    return {
      signal: input.signal ?? stop?.signal ?? defaultStopSignal,
      timeoutMs: input.timeoutMs ?? milliseconds(stop?.timeout, defaultStopTimeoutMs),
    }
  }

  /** What ran has ended. Called by the runtime at any time; handled in the queue. */
  #exited(token: string, exit: ExitInfo): void {
    if (this.#record.token === token && this.#record.state === 'starting')
      this.#starting?.abort(
        new HangarError(`it ended while it started: ${describeExit(exit)}`, {
          code: 'HGR_ENGINE_EXITED',
          status: 502,
          kind: 'user',
        }),
      )
    if (this.#requested || this.#record.token !== token) return
    void this.#queue.run(async () => {
      const { state } = this.#record
      if (this.#record.token !== token || !['started', 'suspended', 'suspending'].includes(state)) return
      this.#endChecks()
      await this.#afterExit(exit)
    })
  }

  async #afterExit(exit: ExitInfo): Promise<void> {
    const { clock, log } = this.#options
    const now = clock.now()
    const failures = [...recentFailures(this.#record.failures, now), now]
    const decision = decideRestart(this.#record.config, exit, this.#record.failures, now)
    this.#restartCount = decision.restart ? decision.count : this.#restartCount
    const ended = { token: null, handle: null, startedAt: null, failures }
    log.warn(
      {
        machine: this.#record.id,
        app: this.#record.app,
        exit: describeExit(exit),
        restart: decision.restart,
      },
      'machine ended by itself',
    )
    this.#transition(
      'exited',
      'exit',
      'flyd',
      'stopped',
      ended,
      exitRequest(exit, {
        requested: false,
        restarting: decision.restart,
        count: this.#restartCount,
        at: now,
      }),
    )
    if (decision.restart) return this.#restartAfter(decision.delayMs)
    if (decision.gaveUp) this.#transition('give-up', 'exit', 'flyd', 'failed')
    if (this.#record.config.auto_destroy) await this.#selfDestroy()
  }

  #startFailed(error: HangarError): void {
    const { clock, log } = this.#options
    const now = clock.now()
    const exit: ExitInfo = { exitCode: 1, signal: null, oomKilled: false, at: now }
    // A user error (unknown secret, wrong data directory, taken port) is not cured by trying again at once.
    const decision =
      error.code === 'HGR_ENGINE_OVERTAKEN'
        ? ({ restart: false, gaveUp: false } as const)
        : decideRestart(this.#record.config, exit, this.#record.failures, now)
    log.warn(
      { machine: this.#record.id, app: this.#record.app, reason: error.message, restart: decision.restart },
      'machine did not start',
    )
    this.#transition(
      'start-failed',
      'exit',
      'flyd',
      'failed',
      {
        token: null,
        handle: null,
        startedAt: null,
        failures: [...recentFailures(this.#record.failures, now), now],
      },
      {
        ...exitRequest(exit, {
          requested: false,
          restarting: decision.restart,
          count: this.#restartCount,
          at: now,
        }),
        error: error.message,
      },
    )
    if (decision.restart) this.#restartAfter(Math.max(decision.delayMs, 250))
    else if (decision.gaveUp) this.#transition('give-up', 'exit', 'flyd', 'failed')
  }

  #restartAfter(delayMs: number): void {
    const again = () =>
      void this.#queue.run(async () => {
        if (!['stopped', 'failed'].includes(this.#record.state)) return
        await this.#launch('flyd', () => {}, 'stopped').catch(error =>
          this.#options.log.error({ machine: this.#record.id, err: error }, 'machine could not be restarted'),
        )
      })
    if (delayMs === 0) again()
    else this.#restartTimer = this.#options.clock.after(delayMs, again)
  }

  #cancelRestart(): void {
    this.#restartTimer?.cancel()
    this.#restartTimer = undefined
  }

  async #selfDestroy(): Promise<void> {
    this.#transition('destroy', 'destroy', 'flyd', 'destroying')
    await this.#destroyed()
  }

  async #destroyed(): Promise<void> {
    const { runtime, clock } = this.#options
    this.#requested = true
    this.#endChecks()
    await this.#adopt()
    await runtime.stop(this.#record.id, { signal: 'SIGKILL', timeoutMs: 0 })
    const spec = await this.#options.spec(this.#record, 'destroyed').catch(() => undefined)
    if (spec) await rm(spec.directory, { recursive: true, force: true })
    this.#transition('destroyed', 'destroy', 'flyd', 'destroyed', {
      token: null,
      handle: null,
      startedAt: null,
      updatedAt: clock.now(),
    })
    this.#options.onDestroyed(this.#record)
  }

  async #adopt(): Promise<boolean> {
    const { token, handle } = this.#record
    if (!token || !handle) return false
    const spec = await this.#options.spec(this.#record, token).catch(() => undefined)
    return (
      spec !== undefined &&
      (await this.#options.runtime.adopt(spec, handle, exit => this.#exited(token, exit))) !== undefined
    )
  }

  /** Recorded as running, but is not. */
  #gone(why: string): void {
    const now = this.#options.clock.now()
    const exit: ExitInfo = { exitCode: null, signal: null, oomKilled: false, at: now }
    const action = this.#record.state === 'starting' ? 'start-failed' : 'exited'
    this.#transition(
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
    this.#checks = new CheckRunner(this.#record.config, {
      clock,
      probe,
      addressOf: port => addressOf(this.#record, port),
      onChange: () => this.#announce(),
    })
  }

  #endChecks(): void {
    this.#checks?.stop()
    this.#checks = undefined
  }

  #transition(
    action: MachineAction,
    type: string,
    source: EventSource,
    status: string,
    change: Partial<MachineRecord> = {},
    request?: Record<string, unknown>,
  ): void {
    const next = nextState(this.#record.state, action)
    if (next === undefined) throw engineErrors.transition(this.#record.id, action, this.#record.state)
    const { store, clock } = this.#options
    store.transaction(() =>
      this.#write(
        { ...this.#record, updatedAt: clock.now(), ...change, state: next },
        type,
        source,
        status,
        request,
      ),
    )
    this.#announce()
  }

  /** Within a transaction of the caller. */
  #write(
    record: MachineRecord,
    type: string,
    source: EventSource,
    status: string,
    request?: Record<string, unknown>,
  ): void {
    const now = this.#options.clock.now()
    const event: EventRecord = {
      id: ulid(now),
      machineId: record.id,
      type,
      status,
      source,
      timestamp: now,
      ...(request ? { request } : {}),
    }
    this.#options.store.saveMachine(record)
    this.#options.store.appendEvent(event)
    this.#record = record
  }

  #announce(): void {
    this.#options.onChange(this.#record)
    for (const watcher of [...this.#watchers]) watcher(this.#record)
  }

  /** Queues `task` and resolves with what it hands to `accept`, or when it ends; what it throws before that rejects, what it throws later is logged. */
  #accepted<T>(task: (accept: (value: T) => void) => Promise<void>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let accepted = false
      const accept = (value: T) => {
        accepted = true
        resolve(value)
      }
      this.#queue
        .run(() => task(accept))
        .then(
          () => resolve(undefined as T),
          error => {
            if (accepted)
              this.#options.log.error({ machine: this.#record.id, err: error }, 'machine operation failed')
            else reject(error)
          },
        )
    })
  }
}

/** Synchronous: on the way of a waking machine a few system calls are quicker than as many trips through the thread pool. */
async function placeFiles(spec: LaunchSpec): Promise<void> {
  const folder = { recursive: true, mode: 0o755 } as const
  mkdirSync(spec.directory, folder)
  for (const mount of spec.mounts) mkdirSync(mount.hostPath, folder)
  for (const { hostPath, content, mode } of spec.files) {
    mkdirSync(dirname(join('/', hostPath)), folder)
    const same =
      existsSync(hostPath) &&
      readFileSync(hostPath).equals(content) &&
      (statSync(hostPath).mode & 0o777) === mode
    if (!same) await writeFileAtomic(hostPath, content, { mode })
  }
}

function exitRequest(
  exit: ExitInfo | undefined,
  facts: { requested: boolean; restarting: boolean; count: number; at: number },
): Record<string, unknown> {
  return {
    exit_event: {
      exit_code: exit?.exitCode ?? 0,
      guest_exit_code: exit?.exitCode ?? 0,
      guest_signal: -1,
      signal: -1,
      oom_killed: exit?.oomKilled ?? false,
      requested_stop: facts.requested,
      restarting: facts.restarting,
      exited_at: new Date(exit?.at ?? facts.at).toISOString(),
    },
    restart_count: facts.count,
  }
}

function describeExit(exit: ExitInfo): string {
  if (exit.oomKilled) return 'out of memory'
  return exit.signal ? `signal ${exit.signal}` : `exit code ${exit.exitCode}`
}
