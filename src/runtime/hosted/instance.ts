import { AsyncLocalStorage } from 'node:async_hooks'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ServiceDefinition, ServiceInstance } from '#http'
import { codeOf, createLog, type Log, messageOf, systemClock } from '#kernel'
import { appendDestination } from './log-file.ts'
import type { InstanceSpec } from './protocol.ts'

/** Whose code runs; read when something throws or the event loop stalls. */
export const running = new AsyncLocalStorage<string>()

/** One instance of a built-in service with its listeners. */
export interface HostedInstance {
  readonly id: string
  readonly usage: { requests: number; cpuMs: number }
  /** Closes the listeners; what is kept in memory stays. */
  suspend(): Promise<void>
  resume(): Promise<void>
  close(graceMs: number): Promise<void>
}

/** Creates the instance and listens. Throws a sentence when its environment or a port is unusable. */
export async function startInstance(
  definition: ServiceDefinition,
  spec: InstanceSpec,
): Promise<HostedInstance> {
  const destination = appendDestination(spec.logPath)
  const log: Log = createLog({ destination }).child({ service: definition.name })
  const service = await running.run(spec.id, () =>
    definition.create({ env: spec.env, log, clock: systemClock, cacheDirectory: spec.cacheDirectory }),
  )
  const usage = { requests: 0, cpuMs: 0 }
  const listeners = [...handlers(definition, service, spec)].map(([port, handle]) => ({
    port,
    server: listener(spec.id, handle, service, usage),
  }))
  const open = () => Promise.all(listeners.map(({ server, port }) => listen(server, port)))
  try {
    await open()
  } catch (error) {
    for (const { server } of listeners) server.close()
    await service.close(0)
    throw error
  }
  return {
    id: spec.id,
    usage,
    suspend: async () => {
      await Promise.all(listeners.map(({ server }) => quiet(server)))
    },
    resume: async () => {
      await open()
    },
    async close(graceMs) {
      const closed = listeners.map(({ server }) => shut(server))
      try {
        await running.run(spec.id, () => service.close(graceMs))
      } catch (error) {
        log.error({ err: error }, 'did not close cleanly')
      }
      for (const { server } of listeners) server.closeAllConnections()
      await Promise.all(closed)
      destination.end()
    },
  }
}

type Handle = (request: IncomingMessage, response: ServerResponse) => void

/** The service's own port, and those of its further listeners, as far as the machine has them. */
function* handlers(
  definition: ServiceDefinition,
  service: ServiceInstance,
  spec: InstanceSpec,
): Iterable<[port: number, handle: Handle]> {
  const own = definition.port(spec.env)
  for (const [internal, port] of Object.entries(spec.ports)) {
    const handle =
      Number(internal) === own ? service.handle.bind(service) : service.others?.get(Number(internal))
    if (!handle)
      throw new Error(`it has no listener on port ${internal}; with this environment it listens on ${own}`)
    yield [port, handle]
  }
}

function listener(
  id: string,
  handle: Handle,
  service: ServiceInstance,
  usage: { requests: number; cpuMs: number },
): Server {
  const server = createServer(
    { keepAlive: true, keepAliveTimeout: 30_000, requestTimeout: 0, headersTimeout: 30_000, noDelay: true },
    (request, response) => {
      usage.requests++
      running.run(id, handle, request, response)
    },
  )
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    usage.requests++
    running.run(id, () => {
      if (service.upgrade) service.upgrade(request, socket, head)
      else socket.end('HTTP/1.1 426 Upgrade Required\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    })
  })
  server.on('clientError', (_error, socket) => {
    if (socket.writable)
      socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    else socket.destroy()
  })
  return server
}

function listen(server: Server, port: number): Promise<void> {
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
    server.listen({ port, host: '127.0.0.1', backlog: 1024 }, () => {
      server.removeListener('error', failed)
      resolve()
    })
  })
}

function shut(server: Server): Promise<void> {
  return new Promise(resolve => {
    if (!server.listening) return resolve()
    server.close(() => resolve())
    server.closeIdleConnections()
  })
}

async function quiet(server: Server): Promise<void> {
  const closed = shut(server)
  server.closeAllConnections()
  await closed
}
