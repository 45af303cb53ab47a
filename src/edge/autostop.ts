import { type Clock, type Log, messageOf, type Timer } from '#kernel'
import type { LoadTable } from './load.ts'
import type { RouteMachine, RouteService, Routes, Waker } from './ports.ts'

export interface AutostopOptions {
  readonly routes: Routes
  readonly waker: Waker
  readonly loads: LoadTable
  readonly clock: Clock
  readonly log: Log
  /** A machine without load for so long may rest. */
  readonly idleMs: number
  /** How often is looked. One machine of an app rests per look, as on Fly. */
  readonly everyMs: number
}

/** Puts machines of services with autostop to rest when nobody uses them, down to the service's minimum. */
export function createAutostop(options: AutostopOptions) {
  const { routes, waker, loads, clock, log } = options
  /** Since when a machine that never had a request has been seen running. */
  const seen = new Map<string, number>()
  let timer: Timer | undefined

  function look(): void {
    const now = clock.monotonic()
    for (const app of routes.list()) {
      const service = app.services.find(({ autostop }) => autostop !== 'off')
      if (!service || service.autostop === 'off') continue
      const spare = spareMachine(service, now)
      if (!spare) continue
      loads.forget(spare.id)
      seen.delete(spare.id)
      waker
        .rest(app.name, spare.id, service.autostop)
        .catch(error =>
          log.warn({ app: app.name, machine: spare.id, reason: messageOf(error) }, 'autostop failed'),
        )
    }
    timer = clock.after(options.everyMs, look)
  }

  function spareMachine(service: RouteService, now: number): RouteMachine | undefined {
    const running = service.machines.filter(({ state }) => state === 'started')
    if (running.length <= service.minMachinesRunning) return undefined
    return running.find(machine => {
      if (loads.of(machine.id) > 0) {
        seen.delete(machine.id)
        return false
      }
      const first = seen.get(machine.id) ?? now
      seen.set(machine.id, first)
      return now - Math.max(first, loads.emptySince(machine.id) ?? 0) >= options.idleMs
    })
  }

  return {
    start(): void {
      timer ??= clock.after(options.everyMs, look)
    },
    stop(): void {
      timer?.cancel()
      timer = undefined
    },
  }
}
