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
    ledger.transition(
      'exited',
      'exit',
      'flyd',
      'stopped',
      ended,
      exitRequest(exit, {
        requested: false,
        restarting: decision.restart,
        count: this.#count,
        at: now,
      }),
    )
    if (decision.restart) return this.#restartAfter(decision.delayMs)
    if (decision.gaveUp) ledger.transition('give-up', 'exit', 'flyd', 'failed')
    if (ledger.record.config.auto_destroy) await this.#options.selfDestroy()
  }

  /** It did not become ready. */
  startFailed(error: HangarError): void {
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
    ledger.transition(
      'start-failed',
      'exit',
      'flyd',
      'failed',
      {
        token: null,
        handle: null,
        startedAt: null,
        failures: [...recentFailures(ledger.record.failures, now), now],
      },
      {
        ...exitRequest(exit, {
          requested: false,
          restarting: decision.restart,
          count: this.#count,
          at: now,
        }),
        error: error.message,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      },
    )
    if (decision.restart) this.#restartAfter(Math.max(decision.delayMs, 250))
    else if (decision.gaveUp) ledger.transition('give-up', 'exit', 'flyd', 'failed')
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
