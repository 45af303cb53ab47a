import type { Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls'
import type { Clock, Log } from '#kernel'
import { IdleWatch, UpstreamPool } from '#wire'
import { createAutostop } from './autostop.ts'
import type { EdgeContext, Entrance } from './context.ts'
import { DoorKeeper } from './doors.ts'
import { Holder } from './hold.ts'
import { ClientConnection } from './http/client-connection.ts'
import { Listener } from './listener.ts'
import { LoadTable } from './load.ts'
import type { ActivitySink, Routes, Waker } from './ports.ts'
import { type DatabaseRules, passPostgres, passThrough } from './tcp/connection.ts'

export interface EdgeOptions {
  readonly routes: Routes
  readonly waker: Waker
  readonly activity: ActivitySink
  readonly clock: Clock
  readonly log: Log
  /** Shown to machines as the region where the request came in. */
  readonly region: string
  /** Address of the listener for names; 0 takes a free port. Default host: 127.0.0.1. */
  readonly host?: string
  readonly port: number
  /** TLS beside it: port (0 takes a free one) and the folder of the local authority. */
  readonly tls?: { readonly port: number; readonly directory: string }
  /** Longest hold of a request or connection while a machine starts. Default: 60 s. */
  readonly holdMs?: number
  /** Machines with autostop rest after so long without load, looked at every so often. Defaults: 5 min, 10 s. */
  readonly autostopIdleMs?: number
  readonly autostopEveryMs?: number
  /** Database roles that may not come in from the network. */
  readonly refusedDatabaseUsers?: readonly string[]
  /** Most rows of one answer of that app's database to a role; undefined: any number. */
  databaseRowLimit?(app: string, user: string): number | undefined
}

export interface EdgeStats {
  readonly requests: number
  readonly refused: number
  readonly held: number
  readonly open: number
  /** Doors whose port another program holds. */
  readonly blockedDoors: readonly number[]
}

/** A client's kept connection, and a head that does not come to its end, are given this long. */
const clientPatienceMs = 75_000

/** The proxy in front of all apps. */
export class Edge {
  readonly #options: EdgeOptions
  readonly #context: EdgeContext
  readonly #http: Listener
  readonly #doors: DoorKeeper
  readonly #autostop: ReturnType<typeof createAutostop>
  readonly #rules: DatabaseRules
  #tls: TlsServer | undefined
  #tlsListener: Listener | undefined

  constructor(options: EdgeOptions) {
    this.#options = options
    const { routes, waker, activity, clock, log, region } = options
    const loads = new LoadTable()
    this.#context = {
      routes,
      loads,
      activity,
      clock,
      log,
      region,
      holder: new Holder({ routes, waker, loads, clock, deadlineMs: options.holdMs ?? 60_000 }),
      pool: new UpstreamPool(clock),
      idle: new IdleWatch(clock, { idleMs: clientPatienceMs, headMs: clientPatienceMs }),
      httpsPort: () => this.httpsPort,
      counters: { requests: 0, refused: 0, held: 0, open: 0 },
    }
    this.#rules = {
      refusedUsers: new Set(options.refusedDatabaseUsers),
      rowLimit: (app, user) => options.databaseRowLimit?.(app, user),
    }
    this.#http = new Listener(socket => this.#serveHttp(socket, this.#entrance('edge', this.httpPort, false)))
    this.#doors = new DoorKeeper({
      routes,
      clock,
      log,
      onConnection: (socket, port, target, wire) => {
        const entrance = { name: 'door', port, tls: false, target }
        if (wire === 'http') this.#serveHttp(socket, entrance)
        else if (wire === 'postgres')
          this.#settle(passPostgres(socket, this.#context, entrance, this.#rules), socket)
        else this.#settle(passThrough(socket, this.#context, entrance), socket)
      },
    })
    this.#autostop = createAutostop({
      routes,
      waker,
      loads,
      clock,
      log,
      idleMs: options.autostopIdleMs ?? 5 * 60_000,
      everyMs: options.autostopEveryMs ?? 10_000,
    })
  }

  get httpPort(): number {
    return this.#http.port
  }

  get httpsPort(): number | undefined {
    return this.#tlsListener?.port
  }

  get stats(): EdgeStats {
    return { ...this.#context.counters, blockedDoors: this.#doors.blocked }
  }

  /** Opens the listener for names and every door. Rejects when the former's port cannot be had. */
  async start(): Promise<void> {
    const { host = '127.0.0.1', port, tls } = this.#options
    await this.#http.listen(host, port)
    if (tls) await this.#startTls(host, tls)
    await this.#doors.start()
    this.#autostop.start()
  }

  /** Refuses what comes, lets finish what is under way for `graceMs`, then closes everything. */
  async stop(graceMs: number): Promise<void> {
    this.#autostop.stop()
    this.#context.holder.stop()
    this.#context.pool.close()
    await Promise.all([
      this.#http.close(graceMs),
      this.#tlsListener?.close(graceMs),
      this.#doors.stop(graceMs),
    ])
    this.#context.pool.close()
  }

  async #startTls(host: string, tls: { readonly port: number; readonly directory: string }): Promise<void> {
    // Loaded where it is wanted only: it brings some megabytes of certificate code.
    const { LocalAuthority } = await import('./tls/authority.ts')
    const authority = new LocalAuthority({ directory: tls.directory, clock: this.#options.clock })
    // Never listens itself: it only turns connections into their decrypted form.
    this.#tls = createTlsServer({
      ALPNProtocols: ['http/1.1'],
      allowHalfOpen: true,
      SNICallback: (name, done) => {
        authority.contextFor(name).then(context => done(null, context), done)
      },
    })
    // A client that names no host (an address in the URL) is shown the certificate of that address.
    const fallback = await authority.contextFor('127.0.0.1')
    this.#tls.addContext('127.0.0.1', fallback)
    this.#tls.on('secureConnection', (socket: TLSSocket) =>
      this.#serveHttp(socket, this.#entrance('edge', this.httpsPort ?? 0, true)),
    )
    this.#tls.on('tlsClientError', (_error, socket) => socket.destroy())
    this.#tlsListener = new Listener(socket => {
      socket.on('error', () => {})
      this.#tls?.emit('connection', socket)
    })
    await this.#tlsListener.listen(host, tls.port)
  }

  #entrance(name: string, port: number, tls: boolean): Entrance {
    return { name, port, tls, target: undefined }
  }

  #serveHttp(socket: Socket, entrance: Entrance): void {
    // It lives as long as its socket, by the listeners that it puts there.
    void new ClientConnection(socket, this.#context, entrance)
  }

  #settle(work: Promise<void>, socket: Socket): void {
    socket.on('error', () => {})
    work.catch(error => {
      this.#context.log.error({ err: error }, 'edge: connection failed')
      socket.destroy()
    })
  }
}
