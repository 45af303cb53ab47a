import type { IncomingMessage, ServerResponse } from 'node:http'
import type { MachinesApi } from '#contract'
import { acceptFlyRequests, createHttpApp, type FastifyReply, type FastifyRequest } from '#http'
import type { Clock, Log, Redactor } from '#kernel'
import type { Call } from './call.ts'
import { apiErrors, errorBody, wireStatus } from './errors.ts'
import { apiOperations } from './operations/index.ts'
import type { ApiOperation } from './operations/operation.ts'
import { unavailable } from './operations/unavailable.ts'
import { createRateLimits } from './rate-limits.ts'

export interface MachinesApiOptions {
  readonly api: MachinesApi
  /** Tokens that are let in. */
  readonly tokens: readonly string[]
  /** Fly's own limits (429). Default: none. */
  readonly rateLimits?: boolean
  readonly clock: Clock
  readonly log: Log
  /** Takes known secrets out of error messages. Default: nothing is known. */
  readonly redactor?: Redactor
}

export interface MachinesApiServer {
  handle(request: IncomingMessage, response: ServerResponse): void
  close(): Promise<void>
}

/** Fly's Machines API over HTTP, at /v1, for whoever implements it. */
export async function createMachinesApiServer(options: MachinesApiOptions): Promise<MachinesApiServer> {
  const limits = options.rateLimits ? createRateLimits(options.clock) : undefined
  const app = await createHttpApp<{ log: Log }>({
    name: 'machines-api',
    register(fastify) {
      acceptFlyRequests(fastify, options.tokens, apiErrors)
      for (const operation of apiOperations)
        fastify.route({
          method: operation.method,
          url: routePath(operation.path),
          handler: (request, reply) => answer(operation, request, reply),
        })
      for (const { method, path, what, instead } of unavailable)
        fastify.route({
          method,
          url: routePath(path),
          handler: () => {
            throw apiErrors.notAvailable(what, instead)
          },
        })
    },
    renderError(error, _request, reply) {
      const wait = error.data?.['retryAfterSeconds']
      if (typeof wait === 'number') void reply.header('retry-after', String(wait))
      return reply
        .status(wireStatus(error))
        .send(errorBody(error, text => options.redactor?.redact(text) ?? text))
    },
  })
  return { handle: app.handler({ log: options.log }), close: () => app.close() }

  async function answer(operation: ApiOperation, request: FastifyRequest, reply: FastifyReply) {
    const params = request.params as Record<string, string>
    const subject = [params['app_name'], params['machine_id']].filter(Boolean).join('/')
    const waitSeconds = limits?.(operation.method, operation.path, subject)
    if (waitSeconds !== undefined) throw apiErrors.tooMany(waitSeconds)
    const nonce = request.headers['fly-machine-lease-nonce']
    const call: Call = {
      api: options.api,
      params,
      query: request.query as Call['query'],
      body: request.body,
      caller: { source: 'user', ...(typeof nonce === 'string' && nonce !== '' ? { nonce } : {}) },
    }
    const body = await operation.answer(call)
    void reply.status(operation.status)
    return operation.status === 204 || body === undefined ? reply.send() : reply.send(body)
  }
}

/** `/apps/{app_name}` → `/v1/apps/:app_name` */
function routePath(path: string): string {
  return `/v1${path.replace(/\{(\w+)\}/g, ':$1')}`
}
