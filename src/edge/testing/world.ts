import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type RequestListener,
  request,
} from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { silentLog, systemClock } from '#kernel'
import { Edge, type EdgeOptions } from '../edge.ts'
import type { RouteApp, RouteMachine, RouteService, Routes, WakeCause, Waker } from '../ports.ts'

export interface CallOptions {
  /** Default: GET. */
  readonly method?: string
  /** Default: "/". */
  readonly path?: string
  /** Default: the app "shop" as Host. */
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer
  /** Default: the edge's own. */
  readonly port?: number
}

/** Its body has one character for each byte. */
export interface CallAnswer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: string
}

/** An edge over apps that a test describes, with real upstream servers. */
export class EdgeWorld implements Routes, Waker {
  readonly apps = new Map<string, RouteApp>()
  readonly wakes: { app: string; cause: WakeCause }[] = []
  readonly rests: string[] = []
  readonly activity: string[] = []
  /** What a wake does; default: the app's machines become started. */
  onWake: (app: string) => Promise<void> = async app => this.setState(app, 'started')
  readonly #listeners = new Set<(app: string) => void>()
  readonly #closers: (() => Promise<unknown>)[] = []
  edge!: Edge

  async start(options: Partial<EdgeOptions> = {}): Promise<this> {
    this.edge = new Edge({
      routes: this,
      waker: this,
      activity: {
        began: (app, { door }) => this.activity.push(`${app} began ${door}`),
        ended: app => this.activity.push(`${app} ended`),
      },
      clock: systemClock,
      log: silentLog,
      region: 'iad',
      port: 0,
      ...options,
    })
    await this.edge.start()
    this.#closers.push(() => this.edge.stop(100))
    return this
  }

  get url(): string {
    return `http://127.0.0.1:${this.edge.httpPort}`
  }

  get(app: string): RouteApp | undefined {
    return this.apps.get(app)
  }

  list(): Iterable<RouteApp> {
    return this.apps.values()
  }

  onChange(listener: (app: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async wake(app: string, cause: WakeCause): Promise<void> {
    this.wakes.push({ app, cause })
    await this.onWake(app)
  }

  async rest(app: string, machineId: string, mode: string): Promise<void> {
    this.rests.push(`${app} ${machineId} ${mode}`)
    this.setState(app, mode === 'stop' ? 'stopped' : 'suspended', machineId)
  }

  /** Adds or replaces an app with one service. */
  app(
    name: string,
    machines: readonly Partial<RouteMachine>[],
    service: Partial<RouteService> = {},
    app: Partial<RouteApp> = {},
  ): void {
    this.apps.set(name, {
      name,
      network: 'default',
      public: true,
      services: [
        {
          internalPort: 8080,
          wire: 'http',
          ports: [],
          autostart: true,
          autostop: 'off',
          minMachinesRunning: 0,
          concurrency: { type: 'requests', softLimit: 20, hardLimit: undefined },
          door: undefined,
          machines: machines.map((machine, index) => ({
            id: `${name}${index}`,
            region: 'iad',
            state: 'started',
            cordoned: false,
            healthy: true,
            address: { host: '127.0.0.1', port: 1 },
            ...machine,
          })),
          ...service,
        },
      ],
      ...app,
    })
    this.#changed(name)
  }

  setState(name: string, state: RouteMachine['state'], machineId?: string): void {
    const app = this.apps.get(name)
    if (!app) return
    this.apps.set(name, {
      ...app,
      services: app.services.map(service => ({
        ...service,
        machines: service.machines.map(machine =>
          machineId === undefined || machine.id === machineId ? { ...machine, state } : machine,
        ),
      })),
    })
    this.#changed(name)
  }

  /** One request, on a connection of its own. */
  call(options: CallOptions): Promise<CallAnswer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          port: options.port ?? this.edge.httpPort,
          method: options.method ?? 'GET',
          path: options.path ?? '/',
          headers: { host: 'shop.localhost', ...options.headers },
          agent: false,
        },
        response => {
          let body = ''
          response.setEncoding('latin1').on('data', chunk => (body += chunk))
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
          )
          response.on('error', reject)
        },
      )
      outgoing.on('error', reject)
      outgoing.end(options.body)
    })
  }

  /** A real HTTP server; its address. */
  async http(handler: RequestListener): Promise<{ host: string; port: number; server: HttpServer }> {
    const server = createHttpServer(handler)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    this.#closers.push(async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    })
    return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, server }
  }

  /** A real TCP server. */
  async tcp(onConnection: (socket: Socket) => void): Promise<{ host: string; port: number }> {
    const sockets = new Set<Socket>()
    const server = createServer({ allowHalfOpen: true }, socket => {
      sockets.add(socket)
      socket.on('error', () => {})
      onConnection(socket)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    this.#closers.push(async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    })
    return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  }

  async stop(): Promise<void> {
    for (const close of this.#closers.reverse()) await close()
  }

  #changed(name: string): void {
    for (const listener of this.#listeners) listener(name)
  }
}
