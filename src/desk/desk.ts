import { chmod, mkdir, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { dirname } from 'node:path'
import { createHttpApp } from '#http'
import type { Log } from '#kernel'
import { Approvals } from './approvals.ts'
import { Audit, AuditArchiver } from './audit/index.ts'
import { operatorOnSocket } from './caller.ts'
import { createHandlers } from './handlers.ts'
import { createPerform, type Perform } from './perform.ts'
import type { DeskOptions } from './ports.ts'
import { registerOperations } from './rest.ts'
import { listenOnTcp, type TcpListener, type TcpOptions } from './tcp.ts'

export interface Desk {
  readonly perform: Perform
  /** Answers on that Unix socket, for the user who runs the daemon alone. */
  listen(path: string): Promise<void>
  /** Answers agents on TCP. Returns the origin, e.g. `http://127.0.0.1:20007`. */
  listenForAgents(options: TcpOptions): Promise<string>
  stop(): Promise<void>
}

export interface CreateDeskOptions extends DeskOptions {
  readonly log: Log
  readonly version: string
}

/** The operations as a REST API on a Unix socket and on TCP; every face of it goes through one `perform`. */
export async function createDesk(options: CreateDeskOptions): Promise<Desk> {
  const { log, clock, silos } = options
  const audit = new Audit(options.auditStore, clock, log)
  const archiver = new AuditArchiver({
    store: options.auditStore,
    audit,
    folder: options.auditFolder,
    clock,
  })
  // What a run left that was broken off.
  await archiver.finish()
  const approvals = new Approvals(options.approvalStore, clock)
  const handlers = createHandlers(options, { audit, archiver, approvals })
  const perform = createPerform({ ...options, handlers, silos, audit, approvals })
  const app = await createHttpApp<{ log: Log }>({
    name: 'desk',
    register: fastify =>
      registerOperations(fastify, { perform, caller: () => operatorOnSocket, offers: () => true }),
  })
  const server: Server = createServer({ keepAliveTimeout: 1_000 }, app.handler({ log }))
  let tcp: TcpListener | undefined

  return {
    perform,
    async listen(path) {
      await mkdir(dirname(path), { recursive: true, mode: 0o755 })
      // What a crashed daemon left; the lock says that nobody else listens here.
      await rm(path, { force: true })
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(path, resolve)
      })
      await chmod(path, 0o600)
    },
    async listenForAgents(tcpOptions) {
      tcp = await listenOnTcp(tcpOptions, {
        perform,
        audit,
        clock,
        log,
        version: options.version,
      })
      return tcp.origin
    },
    async stop() {
      await tcp?.stop()
      await new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}
