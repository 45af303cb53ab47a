import type { Socket } from 'node:net'
import { type Clock, type Log, messageOf, type Timer } from '#kernel'
import type { Target } from './hold.ts'
import { Listener } from './listener.ts'
import type { RouteApp, RouteService, Routes } from './ports.ts'

export interface DoorsOptions {
  readonly routes: Routes
  readonly clock: Clock
  readonly log: Log
  onConnection(socket: Socket, port: number, target: Target, wire: RouteService['wire']): void
}

/** A taken port is tried again after this: whoever took it may be gone by then. */
const retryMs = 5_000

/** Keeps a loopback listener open for every service that has a door, and closes it when the service goes. */
export class DoorKeeper {
  readonly #options: DoorsOptions
  readonly #open = new Map<number, { listener: Listener; target: Target }>()
  readonly #portsOf = new Map<string, Set<number>>()
  readonly #blocked = new Map<number, Timer>()
  /** Apps that changed in this turn of the event loop. */
  readonly #changed = new Set<string>()
  #stopListening: (() => void) | undefined

  constructor(options: DoorsOptions) {
    this.#options = options
  }

  /** Opens all; resolves when each is open or known to be blocked. */
  async start(): Promise<void> {
    const { routes } = this.#options
    this.#stopListening = routes.onChange(app => this.#fitSoon(app))
    await Promise.all([...routes.list()].map(app => this.#fit(app.name, app)))
  }

  /** Ports that another program holds. */
  get blocked(): number[] {
    return [...this.#blocked.keys()]
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopListening?.()
    this.#changed.clear()
    for (const timer of this.#blocked.values()) timer.cancel()
    this.#blocked.clear()
    const all = [...this.#open.values()]
    this.#open.clear()
    this.#portsOf.clear()
    await Promise.all(all.map(({ listener }) => listener.close(graceMs)))
  }

  /** A silo that wakes changes its apps many times in one turn; one look at each is enough. */
  #fitSoon(app: string): void {
    if (this.#changed.size === 0) setImmediate(() => this.#fitChanged())
    this.#changed.add(app)
  }

  #fitChanged(): void {
    const changed = [...this.#changed]
    this.#changed.clear()
    for (const app of changed) void this.#fit(app, this.#options.routes.get(app))
  }

  async #fit(name: string, app: RouteApp | undefined): Promise<void> {
    const wanted = new Map(
      (app?.services ?? []).flatMap(service => (service.door ? [[service.door, service]] : [])),
    )
    for (const port of this.#portsOf.get(name) ?? []) {
      if (wanted.has(port)) continue
      void this.#open.get(port)?.listener.close(0)
      this.#forget(name, port)
    }
    const missing = [...wanted].filter(([port]) => !this.#open.has(port))
    await Promise.all(
      missing.map(([port, { internalPort, wire }]) =>
        this.#openDoor(port, { app: name, internalPort }, wire),
      ),
    )
  }

  #forget(app: string, port: number): void {
    this.#open.delete(port)
    const ports = this.#portsOf.get(app)
    ports?.delete(port)
    if (ports?.size === 0) this.#portsOf.delete(app)
  }

  async #openDoor(port: number, target: Target, wire: RouteService['wire']): Promise<void> {
    const { log, clock } = this.#options
    const listener = new Listener(socket => this.#options.onConnection(socket, port, target, wire))
    this.#open.set(port, { listener, target })
    this.#portsOf.set(target.app, (this.#portsOf.get(target.app) ?? new Set()).add(port))
    try {
      await listener.listen('127.0.0.1', port)
      this.#blocked.delete(port)
    } catch (error) {
      this.#forget(target.app, port)
      if (!this.#blocked.has(port))
        log.error({ app: target.app, port, reason: messageOf(error) }, 'a door could not be opened')
      this.#blocked.set(
        port,
        clock.after(retryMs, () => void this.#fit(target.app, this.#options.routes.get(target.app))),
      )
    }
  }
}
