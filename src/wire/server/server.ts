import { createServer, type ListenOptions, type Server, type Socket } from 'node:net'
import type { Clock } from '#kernel'
import { IdleWatch } from './idle-watch.ts'
import { type ConnectionHost, ServerConnection } from './server-connection.ts'
import type { WireService } from './service.ts'

export interface ServerLimits {
  /** Milliseconds that a kept connection may rest. Default: 30 s. */
  readonly idleMs?: number
  /** Milliseconds that a head may take. Default: 30 s. */
  readonly headMs?: number
  /** Milliseconds that a client may send or take nothing in the middle of a message. Default: 60 s. */
  readonly silenceMs?: number
}

/** An HTTP/1.1 server. It may be opened again after it was shut. */
export class WireServer implements ConnectionHost {
  readonly service: WireService
  readonly silenceMs: number
  readonly #server: Server
  readonly #connections = new Set<ServerConnection>()
  readonly #upgraded = new Set<Socket>()
  #closing = false

  constructor(service: WireService, clock: Clock, limits: ServerLimits = {}) {
    const { idleMs = 30_000, headMs = 30_000, silenceMs = 60_000 } = limits
    this.service = service
    this.silenceMs = silenceMs
    const watch = new IdleWatch(clock, { idleMs, headMs })
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, socket => {
      this.#connections.add(new ServerConnection(socket, watch, this))
    })
  }

  get closing(): boolean {
    return this.#closing
  }

  /** Resolves with the port. Rejects with the system's error when it cannot be had. */
  async open(port: number, host: string): Promise<number> {
    await this.#listen({ port, host })
    const address = this.#server.address()
    return typeof address === 'object' && address ? address.port : port
  }

  /** The same on a socket in the file system, which must not be there yet. */
  openFile(path: string): Promise<void> {
    return this.#listen({ path })
  }

  #listen(where: ListenOptions): Promise<void> {
    this.#closing = false
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ ...where, backlog: 1024 }, () => {
        this.#server.removeListener('error', reject)
        resolve()
      })
    })
  }

  /** No new connections, and no further requests on those that are there; resolves when the last has ended. */
  shut(): Promise<void> {
    this.#closing = true
    for (const { connection } of this.#connections)
      if (!connection.busy && !connection.reading) connection.socket.destroy()
    return new Promise(resolve => {
      if (!this.#server.listening) return resolve()
      this.#server.close(() => resolve())
    })
  }

  /** Ends what is open, whatever is under way. */
  cut(): void {
    for (const { connection } of this.#connections) connection.socket.destroy()
    for (const socket of this.#upgraded) socket.destroy()
  }

  // What connections say

  onUpgrade(connection: ServerConnection): void {
    const { socket } = connection.connection
    this.#connections.delete(connection)
    this.#upgraded.add(socket)
    socket.once('close', () => this.#upgraded.delete(socket))
  }

  onClose(connection: ServerConnection): void {
    this.#connections.delete(connection)
  }
}
