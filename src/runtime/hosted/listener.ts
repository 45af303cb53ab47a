import { chmodSync, lstatSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSocketServer, type Server, type Socket } from 'node:net'
import type { ServiceInstance } from '#http'
import { codeOf, messageOf } from '#kernel'

export type Handle = (request: IncomingMessage, response: ServerResponse) => void

/** What an instance offers on one port. */
export type Offer = { readonly http: Handle } | { readonly socket: (socket: Socket) => void }

/** One listener of an instance. */
export interface Listener {
  /** Resolves with the port; rejects with a sentence when it cannot be had. */
  open(): Promise<number>
  /** Takes no new connections; resolves when those that are open have ended. */
  shut(): Promise<void>
  /** Ends what is open. */
  cut(): void
}

/** A socket in the file system. */
export interface SocketFile {
  readonly path: string
  /** Of the file. */
  readonly mode: number
}

export interface ListenerOptions {
  /** 0: any that is free. */
  readonly port: number
  /** Instead of a port. One that a listener left behind there is taken away first. */
  readonly file?: SocketFile | undefined
  /** Address to listen on. Default: loopback. */
  readonly host?: string | undefined
  readonly service: ServiceInstance
  /** Called with everything that comes in; runs `work` as the instance's. */
  enter(work: () => void): void
}

export function createListener(offer: Offer, options: ListenerOptions): Listener {
  return 'http' in offer ? httpListener(offer.http, options) : socketListener(offer.socket, options)
}

function httpListener(handle: Handle, { port, host, file, service, enter }: ListenerOptions): Listener {
  const server = createServer(
    { keepAlive: true, keepAliveTimeout: 30_000, requestTimeout: 0, headersTimeout: 30_000, noDelay: true },
    (request, response) => enter(() => handle(request, response)),
  )
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) =>
    enter(() => {
      if (service.upgrade) service.upgrade(request, socket, head)
      else socket.end('HTTP/1.1 426 Upgrade Required\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    }),
  )
  server.on('clientError', (_error, socket) => {
    if (socket.writable)
      socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    else socket.destroy()
  })
  return {
    open: () => (file ? listenAt(server, file) : listen(server, port, host)),
    async shut() {
      const closed = close(server)
      server.closeIdleConnections()
      await closed
    },
    cut: () => server.closeAllConnections(),
  }
}

function socketListener(accept: (socket: Socket) => void, { port, host, enter }: ListenerOptions): Listener {
  const open = new Set<Socket>()
  const server = createSocketServer(socket => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    enter(() => accept(socket))
  })
  return {
    open: () => listen(server, port, host),
    shut: () => close(server),
    cut() {
      for (const socket of open) socket.destroy()
    },
  }
}

function listen(server: Server, port: number, host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) =>
      reject(
        new Error(
          codeOf(error) === 'EADDRINUSE'
            ? `the port ${port} is taken by another program`
            : `port ${port}: ${messageOf(error)}`,
        ),
      )
    server.once('error', failed)
    server.listen({ port, host, backlog: 1024 }, () => {
      server.removeListener('error', failed)
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}

/** Resolves with 0: there is no port. Nobody can connect before the file has its mode. */
function listenAt(server: Server, { path, mode }: SocketFile): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => reject(new Error(`${path}: ${messageOf(error)}`))
    try {
      if (lstatSync(path, { throwIfNoEntry: false })?.isSocket()) rmSync(path)
    } catch (error) {
      return failed(error as Error)
    }
    server.once('error', failed)
    // The file is made before this returns.
    const before = process.umask(0o177)
    server.listen({ path, backlog: 1024 }, () => {
      server.removeListener('error', failed)
      chmodSync(path, mode)
      resolve(0)
    })
    process.umask(before)
  })
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => {
    if (!server.listening) return resolve()
    server.close(() => resolve())
  })
}
