import { rm } from 'node:fs/promises'
import type { MachineState } from '#contract'
import { asHangarError, prefixedId } from '#kernel'
import type { ActorOptions } from './actor.ts'
import { CheckRunner } from './checks.ts'
import { engineErrors } from './errors.ts'
import { describeExit, exitRequest } from './exits.ts'
import { placeFiles } from './launch-files.ts'
import type { EventSource, MachineLedger } from './ledger.ts'
import type { ExitInfo } from './ports.ts'
import type { MachineRecord } from './records.ts'
import type { Restarter } from './restarter.ts'
import { type StopInput, stopOptions } from './stop-options.ts'
import { nextState } from './transitions.ts'

export interface RunParts {
  readonly options: ActorOptions
  readonly ledger: MachineLedger
  readonly restarter: Restarter
  /** Runs it in the machine's queue; nobody waits for it. */
  later(task: () => Promise<void>): void
}

/** How long a start may take until it counts as failed. */
const startTimeoutMs = 60_000

/** What runs of one machine: its start, its end, and its checks while it runs. Called from the machine's queue only, where nothing else is said. */
export class MachineRun {
  readonly #parts: RunParts
  #checks: CheckRunner | undefined
  #starting: AbortController | undefined
  /** Set while an exit is expected because we asked for it. */
  #requested = false

  constructor(parts: RunParts) {
    this.#parts = parts
  }

  get #record(): MachineRecord {
    return this.#parts.ledger.record
  }

  get checks() {
    return this.#checks?.verdicts() ?? []
  }

  get healthy(): boolean {
    return this.#checks?.healthy ?? true
  }

  /** Ends a start under way; may be called at any time. */
  overtake(why: string): void {
    this.#starting?.abort(engineErrors.overtaken(why))
  }

  /** Ends what runs and says nothing of it in the record. */
  async end(): Promise<void> {
    this.#requested = true
    this.endChecks()
    await this.#parts.options.runtime.stop(this.#record.id, stopOptions(this.#record.config))
  }

  async launch(
    source: EventSource,
    accept: (before: MachineState) => void,
    before: MachineState,
  ): Promise<void> {
    const { runtime, clock } = this.#parts.options
    const { state } = this.#record
    if (nextState(state, 'start') === undefined)
      throw engineErrors.transition(this.#record.id, 'start', state)
    if (state === 'suspended') return this.#resume(source, accept)
    const token = prefixedId('run')
    const spec = await this.#parts.options.spec(this.#record, token)
    this.#parts.ledger.transition('start', 'start', source, 'starting', {
      token,
      handle: null,
      relaunch: false,
      startedSecretsVersion: this.#parts.options.secretsVersion(),
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
      if (this.#record.token !== token || this.#record.state !== 'starting') return
      this.#parts.ledger.transition('started', 'start', 'flyd', 'started', { handle, startedAt: clock.now() })
      this.beginChecks()
    } catch (error) {
      if (this.#record.token !== token || this.#record.state !== 'starting') return
      await runtime.stop(this.#record.id, { signal: 'SIGKILL', timeoutMs: 0 }).catch(() => {})
      await this.#parts.restarter.startFailed(asHangarError(error, 'Starting'))
    } finally {
      timer.cancel()
      if (this.#starting === abort) this.#starting = undefined
    }
  }

  async #resume(source: EventSource, accept: (before: MachineState) => void): Promise<void> {
    this.#parts.ledger.transition('start', 'start', source, 'starting')
    accept('suspended')
    await this.#parts.options.runtime.resume(this.#record.id)
    if (this.#record.state !== 'starting') return
    this.#parts.ledger.transition('started', 'start', 'flyd', 'started')
    this.beginChecks()
  }

  async halt(input: StopInput, source: EventSource): Promise<void> {
    this.#requested = true
    this.endChecks()
    await this.#parts.options.runtime.stop(this.#record.id, stopOptions(this.#record.config, input))
    if (this.#record.state !== 'stopping') return
    this.#parts.ledger.transition(
      'stopped',
      'exit',
      'flyd',
      'stopped',
      { token: null, handle: null, startedAt: null, failures: [] },
      exitRequest(undefined, {
        requested: true,
        restarting: false,
        count: this.#parts.restarter.count,
        at: this.#parts.options.clock.now(),
      }),
    )
    if (this.#record.config.auto_destroy && source !== 'proxy') await this.selfDestroy()
  }

  /** What ran has ended. Called by the runtime at any time; handled in the queue. */
  #exited(token: string, exit: ExitInfo): void {
    if (this.#record.token === token && this.#record.state === 'starting')
      this.#starting?.abort(engineErrors.endedWhileStarting(describeExit(exit)))
    if (this.#requested || this.#record.token !== token) return
    this.#parts.later(async () => {
      const { state } = this.#record
      if (this.#record.token !== token || !['started', 'suspended', 'suspending'].includes(state)) return
      this.endChecks()
      await this.#parts.restarter.afterExit(exit)
    })
  }

  async selfDestroy(): Promise<void> {
    this.#parts.ledger.transition('destroy', 'destroy', 'flyd', 'destroying')
    await this.destroyed()
  }

  async destroyed(): Promise<void> {
    const { runtime, clock } = this.#parts.options
    this.#requested = true
    this.endChecks()
    await this.adopt()
    await runtime.stop(this.#record.id, { signal: 'SIGKILL', timeoutMs: 0 })
    await this.#parts.options.beforeRemoval(this.#record.id)
    await rm(this.#parts.options.directoryOf(this.#record), { recursive: true, force: true })
    this.#parts.ledger.transition('destroyed', 'destroy', 'flyd', 'destroyed', {
      token: null,
      handle: null,
      startedAt: null,
      updatedAt: clock.now(),
    })
    this.#parts.options.onDestroyed(this.#record)
  }

  async adopt(): Promise<boolean> {
    const { id, config, token, handle } = this.#record
    if (!token || !handle) return false
    const claim = { machineId: id, image: config.image ?? '', token }
    const adopted = await this.#parts.options.runtime.adopt(claim, handle, exit => this.#exited(token, exit))
    return adopted !== undefined
  }

  /** Recorded as running, but is not. */
  gone(why: string): void {
    const now = this.#parts.options.clock.now()
    const exit: ExitInfo = { exitCode: null, signal: null, oomKilled: false, at: now }
    const action = this.#record.state === 'starting' ? 'start-failed' : 'exited'
    this.#parts.ledger.transition(
      action,
      'exit',
      'flyd',
      'stopped',
      { token: null, handle: null, startedAt: null },
      { ...exitRequest(exit, { requested: false, restarting: true, count: 0, at: now }), error: why },
    )
  }

  beginChecks(): void {
    this.endChecks()
    const { clock, probe, addressOf } = this.#parts.options
    this.#checks = new CheckRunner(this.#record.config, {
      clock,
      probe,
      addressOf: port => addressOf(this.#record, port),
      onChange: () => this.#parts.ledger.announce(),
    })
  }

  endChecks(): void {
    this.#checks?.stop()
    this.#checks = undefined
  }
}
