import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServiceDefinition } from '#http'
import { createLog, systemClock } from '#kernel'
import { daemonErrors } from './errors.ts'

export interface AloneOptions {
  readonly name: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Overrides the service's own port. */
  readonly port: number | undefined
}

export interface AloneService {
  readonly url: string
  stop(): Promise<void>
}

/** Each is loaded only when it is asked for: a service that runs alone should weigh no more than itself. */
const loaders: Readonly<Record<string, () => Promise<ServiceDefinition>>> = {
  rest: async () => (await import('#services/rest')).restService,
  auth: async () => (await import('#services/auth')).authService,
  storage: async () => (await import('#services/storage')).storageService,
  gateway: async () => (await import('#services/gateway')).gatewayService,
  studio: async () => (await import('#services/studio')).studioService,
}

/** Runs one built-in service by itself, with the variables that its official image reads. */
export async function runService({ name, env, port }: AloneOptions): Promise<AloneService> {
  const load = Object.hasOwn(loaders, name) ? loaders[name] : undefined
  if (!load) throw daemonErrors.unknownService(name, Object.keys(loaders))
  const definition = await load()
  const cacheDirectory = mkdtempSync(join(tmpdir(), `hangar-${name}-`))
  const service = await definition.create({ env, log: createLog(), clock: systemClock, cacheDirectory })
  // An upload may take as long as it takes.
  const server = createServer({ requestTimeout: 0, noDelay: true }, (request, response) =>
    service.handle(request, response),
  )
  server.on('upgrade', (request, socket: Socket, head) => {
    if (service.upgrade) service.upgrade(request, socket, head)
    else socket.end('HTTP/1.1 426 Upgrade Required\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
  })
  const host = definition.host?.(env) ?? '127.0.0.1'
  await listen(server, port ?? definition.port(env), host)
  // Further listeners (an admin port, say) begin and end with it.
  const others = [...(service.others ?? [])].map(([otherPort, handler]) => ({
    server: createServer(handler),
    port: otherPort,
  }))
  for (const other of others) await listen(other.server, other.port, host)
  const address = server.address()
  const bound = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://127.0.0.1:${bound}`,
    async stop() {
      server.close()
      server.closeIdleConnections()
      await service.close(5_000)
      for (const one of [server, ...others.map(other => other.server)]) {
        one.close()
        one.closeAllConnections()
      }
      rmSync(cacheDirectory, { recursive: true, force: true })
    },
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
}
