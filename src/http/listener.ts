import { chmodSync, lstatSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createSocketServer, type Server, type Socket } from 'node:net'
import { codeOf, messageOf, systemClock } from '#kernel'
import { WireServer, type WireService } from '#wire'
import type { NodeInstance, ServiceInstance } from './service.ts'

/** What an instance offers on one port. */
export type Offer =
  | { readonly node: Pick<NodeInstance, 'handle' | 'upgrade'> }
  | { readonly wire: WireService }
  | { readonly socket: (socket: Socket) => void }

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
  /** Instead of a port, for what is read by `#wire`. One that was left behind there is taken away first. */
  readonly file?: SocketFile | undefined
  /** Address to listen on. Default: loopback. */
  readonly host?: string | undefined
  /** Called with everything that comes in; runs `work` as the instance's. Default: just that. */
  enter?(work: () => void): void
}

/** What the instance says on its own port. */
export function ownOffer(instance: ServiceInstance): Offer {
  return 'wire' in instance ? { wire: instance.wire } : { node: instance }
}

/** What it says on a further port; undefined when it has none such. */
export function otherOffer({ others, sockets }: ServiceInstance, port: number): Offer | undefined {
  const handle = others?.get(port)
  const socket = sockets?.get(port)
  if (handle) return { node: { handle } }
  return socket && { socket }
}

/** The one way to a service: in a host, alone, and in tests. */
export function createListener(offer: Offer, options: ListenerOptions): Listener {
  if ('wire' in offer) return wireListener(offer.wire, options)
  return 'node' in offer ? nodeListener(offer.node, options) : socketListener(offer.socket, options)
}

function wireListener(
  service: WireService,
  { port, host = loopback, file, enter = now }: ListenerOptions,
): Listener {
  const { upgrade } = service
  const server = new WireServer(
    {
      serve: (request, response) => enter(() => service.serve(request, response)),
      ...(upgrade && {
        upgrade: (request, socket, ahead) => enter(() => upgrade.call(service, request, socket, ahead)),
      }),
      ...(service.refusal && { refusal: service.refusal.bind(service) }),
    },
    systemClock,
  )
  return {
    open: () =>
      file
        ? openFile(server, file)
        : server.open(port, host).catch(error => Promise.reject(cannotListen(port, error))),
    shut: () => server.shut(),
    cut: () => server.cut(),
  }
}

/** Resolves with 0: there is no port. Nobody else can connect before the file has its mode. */
async function openFile(server: WireServer, { path, mode }: SocketFile): Promise<number> {
  try {
    if (lstatSync(path, { throwIfNoEntry: false })?.isSocket()) rmSync(path)
    // The file is made before `openFile` returns.
    const before = process.umask(0o177)
    const opened = server.openFile(path)
    process.umask(before)
    await opened
    chmodSync(path, mode)
    return 0
  } catch (error) {
    throw new Error(`${path}: ${messageOf(error)}`)
  }
}

function nodeListener(
  service: Pick<NodeInstance, 'handle' | 'upgrade'>,
  { port, host, enter = now }: ListenerOptions,
): Listener {
  const server = createServer(
    { keepAlive: true, keepAliveTimeout: 30_000, requestTimeout: 0, headersTimeout: 30_000, noDelay: true },
    (request, response) => enter(() => service.handle(request, response)),
  )
  server.on('upgrade', (request, socket, head) =>
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
    open: () => listen(server, port, host),
    async shut() {
      const closed = close(server)
      server.closeIdleConnections()
      await closed
    },
    cut: () => server.closeAllConnections(),
  }
}

function socketListener(
  accept: (socket: Socket) => void,
  { port, host, enter = now }: ListenerOptions,
): Listener {
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

const loopback = '127.0.0.1'

function now(work: () => void): void {
  work()
}

function listen(server: Server, port: number, host = loopback): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => reject(cannotListen(port, error))
    server.once('error', failed)
    server.listen({ port, host, backlog: 1024 }, () => {
      server.removeListener('error', failed)
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}

function cannotListen(port: number, error: unknown): Error {
  return new Error(
    codeOf(error) === 'EADDRINUSE'
      ? `the port ${port} is taken by another program`
      : `port ${port}: ${messageOf(error)}`,
  )
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => {
    if (!server.listening) return resolve()
    server.close(() => resolve())
  })
}
