import { autostopMode, type MachineService, type MachineState } from '#contract'
import type { RouteApp, RouteMachine, RouteService, Routes } from '#edge'
import type { Engine, MachineView, PortBook } from '#engine'

/** Key of a door's port in the port book. */
export function doorKey(app: string, internalPort: number): string {
  return `door:${app}:${internalPort}`
}

/** Which app stands on which other, so that a sleeping one below is woken by a request for the one above. */
export interface Standing {
  /** The same array until that changes. */
  needs(app: string): readonly string[]
  neededBy(app: string): readonly string[]
}

/** Down, or not yet up. */
const down = new Set<MachineState>(['stopped', 'stopping', 'suspended', 'suspending', 'starting'])

/** The engine's apps as the edge sees them: immutable snapshots, made anew when something of an app, or below it, changes. */
export function createRoutes(engine: Engine, portBook: PortBook, standing: Standing): Routes {
  const { view } = engine
  const snapshots = new Map<string, { readonly made: RouteApp; readonly needs: readonly string[] }>()
  const listeners = new Set<(app: string) => void>()

  engine.listen(({ app }) => {
    for (const name of [app, ...standing.neededBy(app)]) {
      snapshots.delete(name)
      for (const listener of listeners) listener(name)
    }
  })

  function get(name: string): RouteApp | undefined {
    const known = snapshots.get(name)
    const needs = standing.needs(name)
    if (known && known.needs === needs) return known.made
    const app = view.app(name)
    if (!app) return undefined
    const isPublic = view.hasPublicAddress(name)
    const machines = view.machines(name)
    const asleepBelow = needs.some(below => {
      const states = view.states(below)
      return states.length > 0 && states.every(state => down.has(state))
    })
    const services = new Map<number, MachineService>()
    for (const { record } of machines)
      for (const service of record.config.services ?? [])
        if (service.internal_port) services.set(service.internal_port, service)
    const made: RouteApp = {
      name,
      network: app.network,
      public: isPublic,
      services: [...services.values()].map(service =>
        describe(name, service, machines, isPublic, asleepBelow),
      ),
    }
    snapshots.set(name, { made, needs })
    return made
  }

  function describe(
    app: string,
    service: MachineService,
    machines: readonly MachineView[],
    isPublic: boolean,
    asleepBelow: boolean,
  ): RouteService {
    const internalPort = service.internal_port ?? 0
    const wire = wireOf(service)
    const key = doorKey(app, internalPort)
    // Public services and databases have a door of their own; others get one when a name needs to lead through it.
    const door = isPublic || wire === 'postgres' ? portBook.reserve(key) : portBook.get(key)
    return {
      internalPort,
      wire,
      door,
      ports: (service.ports ?? []).map(port => ({
        port: port.port ?? 0,
        handlers: port.handlers ?? [],
        forceHttps: port.force_https ?? false,
      })),
      autostart: service.autostart ?? true,
      autostop: autostopMode(service.autostop),
      minMachinesRunning: service.min_machines_running ?? 0,
      concurrency: {
        type: service.concurrency?.type === 'requests' ? 'requests' : 'connections',
        softLimit: service.concurrency?.soft_limit ?? 20,
        hardLimit: service.concurrency?.hard_limit ?? undefined,
      },
      machines: machines
        .filter(({ record }) =>
          record.config.services?.some(({ internal_port }) => internal_port === internalPort),
        )
        .map(machine => {
          const found = machineOf(machine, internalPort)
          // It runs, but what it needs does not: to a client that is the same as a machine that sleeps, and a wake mends both.
          return asleepBelow && found.state === 'started' ? { ...found, state: 'suspended' as const } : found
        }),
    }
  }

  function machineOf({ record, healthy }: MachineView, internalPort: number): RouteMachine {
    return {
      id: record.id,
      region: record.region,
      state: record.state,
      cordoned: record.cordoned,
      healthy,
      address: view.addressOf(record, internalPort),
    }
  }

  return {
    get,
    *list() {
      for (const { name } of view.apps()) {
        const app = get(name)
        if (app) yield app
      }
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function wireOf(service: MachineService): RouteService['wire'] {
  const handlers = (service.ports ?? []).flatMap(port => port.handlers ?? [])
  if (handlers.includes('http')) return 'http'
  return service.internal_port === 5432 || handlers.includes('pg_tls') ? 'postgres' : 'tcp'
}
