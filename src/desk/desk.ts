import { chmod, mkdir, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { dirname } from 'node:path'
import { type Operation, operations } from '#contract'
import type { FastifyReply, FastifyRequest } from '#http'
import { createHttpApp } from '#http'
import { asHangarError, type Log } from '#kernel'
import { type Caller, operatorOnSocket } from './caller.ts'
import { createHandlers } from './handlers.ts'
import { createPerform, type OperationKey, type Perform } from './perform.ts'
import type { DeskOptions } from './ports.ts'

export interface Desk {
  /** Answers on that Unix socket, for the user who runs the daemon alone. */
  listen(path: string): Promise<void>
  stop(): Promise<void>
}

/** The operations as a REST API: one route each, input checked, errors in one form. */
export async function createDesk(options: DeskOptions & { readonly log: Log }): Promise<Desk> {
  const perform = createPerform({
    handlers: createHandlers(options),
    silos: options.silos,
    clock: options.clock,
  })
  const app = await createHttpApp<{ log: Log }>({
    name: 'desk',
    register(fastify) {
      for (const [key, operation] of Object.entries<Operation>(operations)) {
        for (const url of [operation.path, ...(operation.also ?? [])])
          fastify.route({
            method: operation.method,
            url,
            handler: (request, reply) =>
              answer(perform, operatorOnSocket, key as OperationKey, operation, request, reply),
          })
      }
    },
  })
  const server: Server = createServer({ keepAliveTimeout: 1_000 }, app.handler({ log: options.log }))

  return {
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
    async stop() {
      await new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

async function answer(
  perform: Perform,
  caller: Caller,
  key: OperationKey,
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const given = {
    ...(request.query as object),
    ...((request.body as object | null) ?? {}),
    ...(request.params as object),
  }
  const left = new AbortController()
  request.raw.socket.once('close', () => left.abort())
  const call = (emit: (item: unknown) => void) => perform(caller, key, given, { emit, signal: left.signal })
  if (operation.streams === undefined) return call(() => {})

  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, { 'content-type': 'application/x-ndjson' })
  const write = (line: object) => raw.write(`${JSON.stringify(line)}\n`)
  try {
    const result = await call(item => write(operation.streams === 'items' ? { item } : { progress: item }))
    write({ result: result ?? null })
  } catch (error) {
    const known = asHangarError(error, operation.name)
    write({ error: { ...known.toJSON(), status: known.status } })
  }
  raw.end()
  return reply
}
