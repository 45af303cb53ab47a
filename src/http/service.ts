import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock, Log, LogLevel } from '#kernel'
import type { WireService } from '#wire'

/** What a built-in service is handed. Nothing else: no globals, no process.env. */
export interface ServiceContext {
  /** The variables that the official image reads, names and paths already valid on this machine. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Log
  readonly clock: Clock
  /** A folder of its own that survives restarts; what is in it may be lost at any time (caches only). */
  readonly cacheDirectory: string
}

/** One running instance of a service. Many live in one process, so nothing in it may be global. */
export type ServiceInstance = NodeInstance | WireInstance

interface Instance {
  /** Further listeners of the image, by port (an admin port, say). */
  readonly others?: ReadonlyMap<number, NodeHandler>
  /** Listeners that speak no HTTP, by port (SMTP, say). */
  readonly sockets?: ReadonlyMap<number, (socket: Socket) => void>
  /** Reads settings that can change while it runs once more, and what it remembers of elsewhere; absent: there is nothing of that kind. Never throws. */
  reload?(): void
  /**
   * Does what the first request would have to wait for: schema and tables in the database. Asked for when the service runs alone, as
   * others may write into those tables before anybody asks for anything. Rejects while the database is not there; may be asked again.
   */
  prepare?(): Promise<void>
  /** Lets requests under way finish within `graceMs`, then closes pools. Resolves when nothing is left. */
  close(graceMs: number): Promise<void>
}

/** Its requests are read by Node: for what is made of libraries that want Node's own. */
export interface NodeInstance extends Instance {
  /** Answers one request. Never throws. */
  handle(request: IncomingMessage, response: ServerResponse): void
  /** Answers an Upgrade request; absent: refused with 426. */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

/** Its requests are read by `#wire`, at a fraction of what Node's reading costs. */
export interface WireInstance extends Instance {
  readonly wire: WireService
}

export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void

/** A built-in service as the catalogue and `hangar service` know it. */
export interface ServiceDefinition<I extends ServiceInstance = ServiceInstance> {
  readonly name: string
  /** The variable that names a configuration file; absent: it reads none. */
  readonly fileVariable?: string
  /** The port that the official image listens on with this environment. */
  port(env: ServiceContext['env']): number
  /** Where it listens when it runs alone and its variables say so; undefined: on this machine only. */
  host?(env: ServiceContext['env']): string | undefined
  /** Where it listens instead of a port when it runs alone and its variables say so; `mode`: the file's. */
  socket?(env: ServiceContext['env']): { readonly path: string; readonly mode: number } | undefined
  /** How much it tells when it runs alone. Default: `info`. */
  logLevel?(env: ServiceContext['env']): LogLevel
  /** Sets up what all instances of a process share, ahead of the first. */
  warm?(): Promise<unknown>
  /**
   * Validates the environment and returns at once, without waiting for the database: requests that come before it is there are held or answered 503.
   * Throws HangarError that names the variable and the rule.
   */
  create(context: ServiceContext): Promise<I>
}
