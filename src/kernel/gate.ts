import type { Clock } from './clock.ts'

export type GateOutcome = 'proceed' | 'timed-out' | 'stopped'
export type GateState = 'open' | 'paused' | 'stopped'

/** Holds callers while paused; answers each with what happened. The shape of "hold the request while the machine starts". */
export class Gate {
  #state: GateState = 'open'
  #waiting = new Set<(outcome: GateOutcome) => void>()
  readonly #clock: Clock

  constructor(clock: Clock, state: GateState = 'open') {
    this.#clock = clock
    this.#state = state
  }

  get state(): GateState {
    return this.#state
  }

  get waiting(): number {
    return this.#waiting.size
  }

  open(): void {
    this.#become('open', 'proceed')
  }

  pause(): void {
    this.#state = 'paused'
  }

  stop(): void {
    this.#become('stopped', 'stopped')
  }

  wait(timeoutMs: number, signal?: AbortSignal): Promise<GateOutcome> {
    if (this.#state === 'open') return Promise.resolve('proceed')
    if (this.#state === 'stopped' || signal?.aborted) return Promise.resolve('stopped')
    return new Promise(resolve => {
      const finish = (outcome: GateOutcome) => {
        timer.cancel()
        signal?.removeEventListener('abort', onAbort)
        this.#waiting.delete(finish)
        resolve(outcome)
      }
      const onAbort = () => finish('stopped')
      const timer = this.#clock.after(timeoutMs, () => finish('timed-out'))
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting.add(finish)
    })
  }

  #become(state: GateState, outcome: GateOutcome): void {
    this.#state = state
    for (const finish of [...this.#waiting]) finish(outcome)
  }
}
