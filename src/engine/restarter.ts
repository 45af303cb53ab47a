import type { Clock, HangarError, Log, Timer } from '#kernel'
import { describeExit, exitRequest } from './exits.ts'
import type { MachineLedger } from './ledger.ts'
import type { ExitInfo } from './ports.ts'
import { decideRestart, recentFailures } from './restart-policy.ts'

export interface RestarterOptions {
  readonly clock: Clock
  readonly log: Log
  readonly ledger: MachineLedger
  /** Queues a start. */
  relaunch(): void
  /** The machine is to go, as auto_destroy says. */
  selfDestroy(): Promise<void>
}

const againMs = 5_000

/** What follows when a machine ends by itself or does not start: the event, and the restart that its policy wants. */
export class Restarter {
  readonly #options: RestarterOptions
  #timer: Timer | undefined
  #count = 0

  constructor(options: RestarterOptions) {
    this.#options = options
  }

  /** Restarts in a row, as events tell it. */
  get count(): number {
    return this.#count
  }

  cancel(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  async afterExit(exit: ExitInfo): Promise<void> {
    const { clock, log, ledger } = this.#options
    const now = clock.now()
    const failures = [...recentFailures(ledger.record.failures, now), now]
    const decision = decideRestart(ledger.record.config, exit, ledger.record.failures, now)
    this.#count = decision.restart ? decision.count : this.#count
    const ended = { token: null, handle: null, startedAt: null, failures }
    log.warn(
      {
        machine: ledger.record.id,
        app: ledger.record.app,
        exit: describeExit(exit),
        restart: decision.restart,
      },
      'machine ended by itself',
    )
    const request = exitRequest(exit, {
      requested: false,
      restarting: decision.restart,
      count: this.#count,
      at: now,
    })
    ledger.transition('exited', 'exit', 'flyd', 'stopped', ended, request)
    if (decision.restart) return this.#restartAfter(decision.delayMs)
    // Fly's clients read `request.exit_event` of every exit without asking whether it is there.
    if (decision.gaveUp) ledger.transition('give-up', 'exit', 'flyd', 'failed', {}, request)
    if (ledger.record.config.auto_destroy) await this.#options.selfDestroy()
  }

  /** It did not become ready. */
  async startFailed(error: HangarError): Promise<void> {
    const { clock, log, ledger } = this.#options
    const now = clock.now()
    const exit: ExitInfo = { exitCode: 1, signal: null, oomKilled: false, at: now }
    const decision =
      error.code === 'HGR_ENGINE_OVERTAKEN'
        ? ({ restart: false, gaveUp: false } as const)
        : // A runtime knows that of some errors (the data directory of another version): trying again cures nothing.
          error.data?.['permanent'] === true
          ? ({ restart: false, gaveUp: true } as const)
          : decideRestart(ledger.record.config, exit, ledger.record.failures, now)
    log.warn(
      { machine: ledger.record.id, app: ledger.record.app, reason: error.message, restart: decision.restart },
      'machine did not start',
    )
    const failures = [...recentFailures(ledger.record.failures, now), now]
    const request = {
      ...exitRequest(exit, {
        requested: false,
        restarting: decision.restart,
        count: this.#count,
        at: now,
      }),
      error: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    }
    ledger.transition(
      'start-failed',
      'exit',
      'flyd',
      'failed',
      { token: null, handle: null, startedAt: null, failures },
      request,
    )
    if (decision.restart) return this.#restartAfter(Math.max(decision.delayMs, 250))
    if (decision.gaveUp) ledger.transition('give-up', 'exit', 'flyd', 'failed', {}, request)
    // Whoever waits for it to go (flyctl, of a release command) would wait in vain. Not when a stop or destroy came between: that decides.
    if (ledger.record.config.auto_destroy && error.code !== 'HGR_ENGINE_OVERTAKEN')
      await this.#options.selfDestroy()
  }

  /** Tries the same restart once more, after a while. */
  again(): void {
    this.#restartAfter(againMs)
  }

  #restartAfter(delayMs: number): void {
    if (delayMs === 0) this.#options.relaunch()
    else this.#timer = this.#options.clock.after(delayMs, () => this.#options.relaunch())
  }
}
