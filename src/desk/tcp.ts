import { createServer as createHttpServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { openApi, openApiPage } from '#contract'
import { createHttpApp } from '#http'
import { asHangarError, type Clock, codeOf, type Log } from '#kernel'
import { type Audit, createStrangers, type Strangers } from './audit/index.ts'
import type { Authenticator } from './authenticator.ts'
import { deskErrors } from './errors.ts'
import type { DeskFace } from './face.ts'
import { createGuard, hostsOf, isLoopback } from './guard.ts'
import type { Perform } from './perform.ts'
import { redactError } from './redact.ts'
import { renderError } from './render-error.ts'
import { registerOperations } from './rest.ts'

export interface TcpOptions {
  /** Default: 127.0.0.1. Anything that is not loopback needs `tls`. */
  readonly host?: string
  readonly port: number
  /** Further names by which it is reached, without port. */
  readonly names?: readonly string[]
  /** PEM. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined
  readonly authenticator: Authenticator
  readonly faces?: readonly DeskFace[]
}

export interface TcpListener {
  /** E.g. `http://127.0.0.1:20007`. */
  readonly origin: string
  stop(): Promise<void>
}

const mostConnections = 1024

/** Operations that any agent may call, over TCP, for callers whom the authenticator knows; with the contract as OpenAPI and as a page. */
export async function listenOnTcp(
  options: TcpOptions,
  parts: {
    readonly perform: Perform
    readonly audit: Pick<Audit, 'append'>
    readonly clock: Clock
    readonly log: Log
    readonly version: string
  },
): Promise<TcpListener> {
  const strangers = createStrangers(parts)
  const authenticator = recording(options.authenticator, strangers)
  const host = options.host ?? '127.0.0.1'
  if (!isLoopback(host) && !options.tls) throw deskErrors.needsTls(host)
  const server = options.tls ? createTlsServer(options.tls) : createHttpServer()
  server.keepAliveTimeout = 5_000
  server.headersTimeout = 10_000
  server.requestTimeout = 30_000
  server.maxConnections = mostConnections
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', error =>
      reject(codeOf(error) === 'EADDRINUSE' ? deskErrors.portTaken(options.port) : error),
    )
    server.listen(options.port, host, () => resolve((server.address() as { port: number }).port))
  })
  const scheme = options.tls ? 'https' : 'http'
  const origin = `${scheme}://${options.names?.[0] ?? (host.includes(':') ? `[${host}]` : host)}:${port}`
  const guard = createGuard(hostsOf(host, port, options.names ?? []), scheme)
  const challenge = authenticator.challenge(origin)

  const app = await createHttpApp<{ log: Log }>({
    name: 'desk',
    renderError: (error, _request, reply) => renderError(redactError(error), reply, challenge),
    async register(fastify) {
      fastify.addHook('onRequest', (request, reply, done) => {
        reply.header('x-content-type-options', 'nosniff')
        try {
          guard.check(request.raw)
          done()
        } catch (thrown) {
          const { code } = asHangarError(thrown, 'desk')
          void strangers.refused('tcp', 'request', code).then(() => done(thrown as Error))
        }
      })
      const document = openApi(origin, parts.version)
      const page = openApiPage(document)
      fastify.get('/openapi.json', async () => document)
      fastify.get('/', async (_request, reply) =>
        reply
          .header(
            'content-security-policy',
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
          )
          .type('text/html; charset=utf-8')
          .send(page),
      )
      registerOperations(fastify, {
        perform: parts.perform,
        caller: request => authenticator.authenticate(request.raw, 'rest'),
        offers: operation => operation.roles.length > 0,
      })
      for (const face of options.faces ?? [])
        await face.register(fastify, { perform: parts.perform, audit: parts.audit, authenticator, origin })
    },
  })
  server.on('request', app.handler({ log: parts.log }))

  return {
    origin,
    async stop() {
      await new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      await app.close()
    },
  }
}

/** The same authenticator, whose refusals are written to the audit before they are answered. */
function recording(authenticator: Authenticator, strangers: Strangers): Authenticator {
  const refuse = async (thrown: unknown, via: string): Promise<never> => {
    await strangers.refused(via, 'authenticate', asHangarError(thrown, 'authenticate').code)
    throw thrown
  }
  return {
    challenge: origin => authenticator.challenge(origin),
    authenticate(request, via) {
      try {
        const found = authenticator.authenticate(request, via)
        return found instanceof Promise ? found.catch(thrown => refuse(thrown, via)) : found
      } catch (thrown) {
        return refuse(thrown, via)
      }
    },
  }
}
