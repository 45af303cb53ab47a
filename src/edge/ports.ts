import type { MachineState } from '#contract'

// What the edge asks of whatever knows the machines. It never imports the engine; daemon/ joins them.

export type RouteAddress = { readonly host: string; readonly port: number } | { readonly path: string }

export interface RouteMachine {
  readonly id: string
  readonly region: string
  readonly state: MachineState
  readonly cordoned: boolean
  /** False while a service check or a readiness check is critical. */
  readonly healthy: boolean
  readonly address: RouteAddress
}

export interface RoutePort {
  readonly port: number
  readonly handlers: readonly string[]
  readonly forceHttps: boolean
}

export interface RouteService {
  readonly internalPort: number
  /** How refusals are worded and whether requests or connections are counted. */
  readonly wire: 'http' | 'tcp' | 'postgres'
  readonly ports: readonly RoutePort[]
  readonly autostart: boolean
  readonly autostop: 'off' | 'stop' | 'suspend'
  readonly minMachinesRunning: number
  readonly concurrency: {
    readonly type: 'connections' | 'requests'
    readonly softLimit: number
    readonly hardLimit: number | undefined
  }
  readonly machines: readonly RouteMachine[]
  /** Stable loopback port of this service; undefined when it has none. */
  readonly door: number | undefined
}

export interface RouteApp {
  readonly name: string
  readonly network: string
  /** Reachable by name on the edge port. A private app answers on its loopback doors only. */
  readonly public: boolean
  readonly services: readonly RouteService[]
}

/** Immutable snapshots: an app that changes is a new object. */
export interface Routes {
  get(app: string): RouteApp | undefined
  list(): Iterable<RouteApp>
  /** Tells the name of each app that changed, appeared or went. */
  onChange(listener: (app: string) => void): () => void
}

export interface WakeCause {
  /** `http`, `websocket`, `tcp`, `postgres` */
  readonly door: string
  /** Address of the client. */
  readonly client: string
  /** What a request asks for, with its query: not to be logged. */
  readonly path?: string
}

export interface Waker {
  /** Resolves when the app has a machine that can be routed to; joins a wake under way. Rejects with a HangarError that says why not. */
  wake(app: string, cause: WakeCause, signal: AbortSignal): Promise<void>
  /** A machine above `minMachinesRunning` had no load: stop or suspend it. */
  rest(app: string, machineId: string, mode: 'stop' | 'suspend'): Promise<void>
}

/** Told of every request or connection as it begins and ends; must return at once. */
export interface ActivitySink {
  began(app: string, cause: WakeCause): void
  ended(app: string): void
}
