import { createServer, type Server, type Socket } from 'node:net'
import { codeOf, HangarError, messageOf } from '#kernel'

/** A TCP listener and the connections that came in by it. */
export class Listener {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(onConnection: (socket: Socket) => void) {
    // Half-open: a client that has sent its request and closed its side still gets the answer.
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, socket => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
      onConnection(socket)
    })
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address ? address.port : 0
  }

  /** Rejects with a sentence when the port is taken or may not be used. */
  listen(host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const failed = (error: Error) => reject(listenError(host, port, error))
      this.#server.once('error', failed)
      this.#server.listen({ host, port, backlog: 1024 }, () => {
        this.#server.removeListener('error', failed)
        resolve()
      })
    })
  }

  /** No new connections; resolves when the present ones are over, at the latest after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    if (!this.#server.listening) return
    await new Promise<void>(resolve => {
      const timer = setTimeout(() => {
        for (const socket of this.#sockets) socket.destroy()
      }, graceMs)
      this.#server.close(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}

function listenError(host: string, port: number, error: Error): HangarError {
  const code = codeOf(error)
  if (code === 'EADDRINUSE')
    return new HangarError(`The port ${port} is taken by another program`, {
      code: 'HGR_EDGE_PORT_TAKEN',
      status: 409,
      hint: 'Choose another with --port; --port 0 takes any that is free.',
      data: { host, port },
    })
  if (code === 'EACCES')
    return new HangarError(`The port ${port} may not be used by this user`, {
      code: 'HGR_EDGE_PORT_DENIED',
      status: 403,
      hint: 'Ports below 1024 need more rights; choose another with --port.',
      data: { host, port },
    })
  return new HangarError(`${host}:${port} could not be opened: ${messageOf(error)}`, {
    code: 'HGR_EDGE_PORT',
    status: 500,
    kind: 'user',
    data: { host, port },
  })
}
