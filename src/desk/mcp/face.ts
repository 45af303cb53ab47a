import type { FastifyReply, FastifyRequest } from '#http'
import { asHangarError, type Clock, type Log } from '#kernel'
import type { Caller } from '../caller.ts'
import { deskErrors } from '../errors.ts'
import type { DeskFace, FaceParts } from '../face.ts'
import { addressFor, namesOf, paths } from '../identity/addresses.ts'
import { RateLimiter } from '../rate-limit.ts'
import { createMcpEndpoint, type McpEndpoint, mcpBodyLimit } from './http.ts'

export interface McpFaceOptions {
  /** Hangar's, as clients are told it. */
  readonly version: string
  readonly log: Log
  readonly clock: Clock
}

/** Requests of one agent; calls among them have the desk's own, lower limit. */
const requestLimits = { burst: 240, perSecond: 60 }

/** The desk's operations as MCP over streamable HTTP at `/mcp`. */
export function createMcpFace({ version, log, clock }: McpFaceOptions): DeskFace {
  return mcpFaceOf(
    async ({ perform }) => {
      const { createServer } = await import('./server.ts')
      return createMcpEndpoint(caller => createServer({ perform, version }, caller as Caller), {
        log,
        clock,
      })
    },
    { log, clock },
  )
}

/** Whatever MCP server at `/mcp`: who calls is asked before a byte of the message is read. It is loaded with the first request. */
export function mcpFaceOf(
  loadEndpoint: (parts: FaceParts) => Promise<McpEndpoint>,
  { log, clock }: Pick<McpFaceOptions, 'log' | 'clock'>,
): DeskFace {
  const limiter = new RateLimiter(clock, requestLimits)
  return {
    async register(app, parts) {
      const { authenticator, origin } = parts
      let endpoint: Promise<McpEndpoint> | undefined
      // Clients compare what they are told with the address that they used.
      const named = (request: FastifyRequest) =>
        addressFor({ all: () => namesOf(origin) }, request.headers.host)
      const callers = new WeakMap<FastifyRequest, Caller>()

      await app.register(async scope => {
        scope.removeAllContentTypeParsers()
        scope.addContentTypeParser(
          '*',
          { parseAs: 'string', bodyLimit: mcpBodyLimit },
          (_request, body, done) => done(null, body),
        )
        scope.setErrorHandler((thrown, request, reply) => answerError(thrown, request, reply))
        scope.addHook('onRequest', async request => {
          const caller = await authenticator.authenticate(request.raw, 'mcp')
          const seconds = limiter.take(caller.id)
          if (seconds > 0) throw deskErrors.tooMany(seconds)
          callers.set(request, caller)
        })
        scope.route({
          method: ['GET', 'POST', 'DELETE'],
          url: paths.mcp,
          async handler(request, reply) {
            endpoint ??= loadEndpoint(parts)
            const ready = await endpoint
            reply.hijack()
            await ready
              .answer(request.raw, reply.raw, String(request.body ?? ''), callers.get(request))
              .catch(thrown => {
                log.error({ err: thrown }, 'mcp: answer failed')
                if (!reply.raw.headersSent) reply.raw.writeHead(500)
                reply.raw.end()
              })
            return reply
          },
        })
      })

      function answerError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
        const known = (thrown as { statusCode?: number }).statusCode
        const error = asHangarError(thrown, 'mcp')
        const status = known !== undefined && known < 500 ? known : error.status
        if (status >= 500) log.error({ err: thrown, url: request.url.split('?')[0] }, 'mcp: request failed')
        if (status === 401) reply.header('www-authenticate', authenticator.challenge(named(request)))
        const seconds = error.data?.['retry_after_seconds']
        if (typeof seconds === 'number') reply.header('retry-after', String(seconds))
        const message = status >= 500 ? 'Something went wrong inside; the log has the details' : error.message
        return reply.status(status).send({ jsonrpc: '2.0', error: { code: -32_000, message } })
      }
    },
  }
}
