import { type Clock, SingleFlight } from '#kernel'
import { type Choice, choose, type Wish } from './balance.ts'
import type { LoadTable } from './load.ts'
import type { RouteMachine, RouteService, Routes, WakeCause, Waker } from './ports.ts'
import { type Refusal, refusals } from './refusals.ts'

export interface HolderOptions {
  readonly routes: Routes
  readonly waker: Waker
  readonly loads: LoadTable
  readonly clock: Clock
  /** Longest hold of a request or connection. */
  readonly deadlineMs: number
}

export interface Target {
  readonly app: string
  readonly internalPort: number
}

/** A machine that was found, or why none was. */
export type Held =
  | { readonly machine: RouteMachine; readonly service: RouteService }
  | { readonly refusal: Refusal }

/** Finds a machine for a request: at once when one runs, otherwise by waking the app (once for all who wait) and holding the request. */
export class Holder {
  readonly #options: HolderOptions
  readonly #wakes = new SingleFlight<string, void>()
  readonly #waiting = new Map<string, Set<() => void>>()
  #stopped = false

  constructor(options: HolderOptions) {
    this.#options = options
    options.routes.onChange(app => this.#notify(app))
    options.loads.onRelease(() => {
      if (this.#waiting.size > 0) for (const app of this.#waiting.keys()) this.#notify(app)
    })
  }

  /** The service that a target names, as it is now. */
  serviceOf({ app, internalPort }: Target): RouteService | undefined {
    return this.#options.routes.get(app)?.services.find(service => service.internalPort === internalPort)
  }

  /** Without waiting; undefined when the request must be held. */
  now(service: RouteService, target: Target, wish: Wish, cause: WakeCause): RouteMachine | undefined {
    const choice = choose(service, this.#options.loads, wish)
    if (typeof choice === 'string') return undefined
    if (choice.aboveSoft) this.#addCapacity(service, target, cause)
    return choice.machine
  }

  /** Holds until a machine is there, the deadline passes, or `signal` aborts (the client left). */
  async take(target: Target, wish: Wish, cause: WakeCause, signal: AbortSignal): Promise<Held> {
    const { clock, deadlineMs, loads } = this.#options
    const deadline = clock.monotonic() + deadlineMs
    for (;;) {
      if (this.#stopped || signal.aborted) return { refusal: refusals.stopping() }
      const service = this.serviceOf(target)
      if (!service) return { refusal: refusals.noMachine(target.app) }
      const choice: Choice = choose(service, loads, wish)
      if (typeof choice !== 'string') return { machine: choice.machine, service }
      const left = deadline - clock.monotonic()
      if (left <= 0)
        return {
          refusal:
            choice === 'full'
              ? refusals.full(target.app)
              : refusals.tooSlow(target.app, Math.round(deadlineMs / 1000)),
        }
      const refusal = await this.#progress(service, target, wish, cause, choice, left, signal)
      if (refusal) return { refusal }
    }
  }

  /** Bytes came for a machine on a connection that was open before it went to sleep: it is woken, and they wait in the socket. */
  stir(target: Target, machineId: string, cause: WakeCause): void {
    const service = this.serviceOf(target)
    const machine = service?.machines.find(({ id }) => id === machineId)
    if (!service?.autostart || machine?.state !== 'suspended') return
    this.#wake(target.app, cause).catch(() => {
      // Its reason is in the machine's events; the connection stays as it is until one of its ends gives up.
    })
  }

  /** Everyone who is held is refused. */
  stop(): void {
    this.#stopped = true
    for (const app of this.#waiting.keys()) this.#notify(app)
  }

  /** One step towards a machine: a wake, or a change of the app. A refusal ends the hold. */
  async #progress(
    service: RouteService,
    target: Target,
    wish: Wish,
    cause: WakeCause,
    choice: 'full' | 'none',
    leftMs: number,
    signal: AbortSignal,
  ): Promise<Refusal | undefined> {
    const { app } = target
    if (wish.forceInstance !== undefined && !service.machines.some(({ id }) => id === wish.forceInstance))
      return refusals.noInstance(app, wish.forceInstance)
    const sleeping = service.machines.some(({ state, cordoned }) => canWake(state) && !cordoned)
    const coming = service.machines.some(
      ({ state }) =>
        state === 'started' || state === 'replacing' || state === 'stopping' || state === 'suspending',
    )
    if (sleeping && service.autostart) {
      try {
        await this.#within(this.#wake(app, cause), leftMs, signal)
      } catch (error) {
        return refusals.notAwake(app, error)
      }
      // Started, but perhaps not healthy yet.
      const after = this.serviceOf(target)
      if (after && typeof choose(after, this.#options.loads, wish) !== 'string') return undefined
    } else if (choice === 'none' && !coming) {
      return refusals.noMachine(app)
    }
    await this.#changed(app, Math.min(leftMs, lookAgainMs), signal)
    return undefined
  }

  /** Past every soft limit another machine is started beside, without holding anybody. */
  #addCapacity(service: RouteService, { app }: Target, cause: WakeCause): void {
    if (!service.autostart || !service.machines.some(({ state, cordoned }) => canWake(state) && !cordoned))
      return
    this.#wake(app, cause).catch(() => {
      // The running machines go on serving; the next request past the limit tries again.
    })
  }

  #wake(app: string, cause: WakeCause): Promise<void> {
    return this.#wakes.run(app, async () => {
      const deadline = new AbortController()
      const timer = this.#options.clock.after(this.#options.deadlineMs, () => deadline.abort())
      try {
        await this.#options.waker.wake(app, cause, deadline.signal)
      } finally {
        timer.cancel()
      }
    })
  }

  #within(work: Promise<void>, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.#options.clock.after(ms, resolve)
      const left = () => resolve()
      signal.addEventListener('abort', left, { once: true })
      work.then(resolve, reject).finally(() => {
        timer.cancel()
        signal.removeEventListener('abort', left)
      })
    })
  }

  #changed(app: string, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const waiters = this.#waiting.get(app) ?? new Set()
      this.#waiting.set(app, waiters)
      const done = () => {
        timer.cancel()
        signal.removeEventListener('abort', done)
        waiters.delete(done)
        if (waiters.size === 0) this.#waiting.delete(app)
        resolve()
      }
      const timer = this.#options.clock.after(ms, done)
      signal.addEventListener('abort', done, { once: true })
      waiters.add(done)
    })
  }

  #notify(app: string): void {
    for (const waiter of [...(this.#waiting.get(app) ?? [])]) waiter()
  }
}

/** A change that nobody announces (a limit that another door freed) is found after this. */
const lookAgainMs = 1000

function canWake(state: RouteMachine['state']): boolean {
  return ['created', 'stopped', 'suspended', 'starting', 'stopping', 'suspending', 'failed'].includes(state)
}
