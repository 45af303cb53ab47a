import type { LoadTable } from './load.ts'
import type { RouteMachine, RouteService } from './ports.ts'

/** What a request or a replay asks for. */
export interface Wish {
  /** Only this machine will do. */
  readonly forceInstance?: string | undefined
  readonly preferInstance?: string | undefined
  readonly forceRegion?: string | undefined
  readonly preferRegion?: string | undefined
  /** Not this one: it asked to be replayed elsewhere, or did not accept the connection. */
  readonly except?: string | undefined
}

export const noWish: Wish = Object.freeze({})

export type Choice =
  | { readonly machine: RouteMachine; readonly aboveSoft: boolean }
  /** Machines run, all of them at their hard limit. */
  | 'full'
  /** None runs. */
  | 'none'

/** The least loaded machine that runs, is healthy and not cordoned. Above the soft limit only when every other is too; at the hard limit never. */
export function choose(service: RouteService, loads: LoadTable, wish: Wish = noWish): Choice {
  const { softLimit, hardLimit } = service.concurrency
  let best: RouteMachine | undefined
  let bestLoad = Number.POSITIVE_INFINITY
  let full = false
  for (const machine of service.machines) {
    if (machine.state !== 'started' || machine.cordoned || !machine.healthy) continue
    if (machine.id === wish.except) continue
    if (wish.forceInstance !== undefined && machine.id !== wish.forceInstance) continue
    if (wish.forceRegion !== undefined && machine.region !== wish.forceRegion) continue
    const load = loads.of(machine.id)
    if (hardLimit !== undefined && load >= hardLimit) {
      full = true
      continue
    }
    const bonus = machine.id === wish.preferInstance || machine.region === wish.preferRegion
    const weight = load >= softLimit ? load + 1e9 : bonus ? load - 1e6 : load
    if (weight < bestLoad) {
      best = machine
      bestLoad = weight
    }
  }
  if (best) return { machine: best, aboveSoft: bestLoad >= 1e9 }
  return full ? 'full' : 'none'
}
