import type { IncomingMessage, ServerResponse } from 'node:http'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { asHangarError, HangarError, type Log } from '#kernel'

export interface HttpAppOptions {
  readonly name: string
  /** Bytes of a request body that is parsed. Default: 1 MiB. */
  readonly bodyLimit?: number
  /** Routes may have schemas of what they accept; what checks them is loaded for such an app only. */
  readonly schemas?: boolean
  /** Adds the routes: an ordered list of registrations, so that the request pipeline can be read in one place. */
  register(app: FastifyInstance): void | Promise<void>
  /** How this surface words an error. Default: `{code, message, hint?, data?}` with the error's status. */
  renderError?(error: HangarError, request: FastifyRequest, reply: FastifyReply): unknown
}

/** Routes that were set up once and answer for any number of contexts (one per silo, say): a further context costs microseconds. */
export interface HttpApp<C> {
  handler(context: C): (request: IncomingMessage, response: ServerResponse) => void
  close(): Promise<void>
}

/** On the request itself: a WeakMap of things that live so shortly costs the collector more than the requests do. */
const contextKey = Symbol('context')

/** The context that this request came in with. */
export function contextOf<C>(request: FastifyRequest): C {
  return (request.raw as { [contextKey]?: unknown })[contextKey] as C
}

/** The one way to make an HTTP app: strict parsing, one error handler, no stack in any answer. `C` may carry `log`. */
export async function createHttpApp<C extends { readonly log?: Log }>(
  options: HttpAppOptions,
): Promise<HttpApp<C>> {
  const app = fastify({
    schemaController: { compilersFactory: await compilers(options) },
    logger: false,
    bodyLimit: options.bodyLimit ?? 1024 * 1024,
    forceCloseConnections: false,
    routerOptions: { maxParamLength: 4096, ignoreTrailingSlash: false },
    exposeHeadRoutes: false,
  })
  const render = options.renderError ?? renderPlain
  app.setErrorHandler((thrown, request, reply) => {
    const error = fromFastify(thrown, options.name)
    if (error.status >= 500) {
      contextOf<C>(request)?.log?.error(
        { err: error.cause ?? error, url: request.url.split('?')[0] },
        `${options.name}: request failed`,
      )
    }
    return render(error, request, reply)
  })
  app.setNotFoundHandler((request, reply) =>
    render(
      new HangarError(`There is no ${request.method} ${request.url.split('?')[0]}`, {
        code: 'HGR_HTTP_NOT_FOUND',
        status: 404,
      }),
      request,
      reply,
    ),
  )
  await options.register(app)
  await app.ready()
  return {
    handler: context => (request, response) => {
      ;(request as { [contextKey]?: unknown })[contextKey] = context
      app.routing(request, response)
    },
    close: () => app.close(),
  }
}

/** Megabytes that most processes have no use for: Fastify by itself loads both. */
async function compilers({ name, schemas }: HttpAppOptions) {
  const none = (what: string) => () => {
    throw new Error(`${name} has a schema of ${what}, for which nothing is loaded`)
  }
  return {
    buildValidator: schemas ? (await import('@fastify/ajv-compiler')).default() : none('requests'),
    buildSerializer: none('answers'),
  }
}

function renderPlain(error: HangarError, _request: FastifyRequest, reply: FastifyReply): unknown {
  return reply
    .status(error.status)
    .send(
      error.status >= 500 && error.kind === 'system'
        ? { code: error.code, message: 'Something went wrong inside; the log has the details.' }
        : error.toJSON(),
    )
}

/** Fastify's own refusals (body too large, bad JSON, unsupported media) keep their status and say what was wrong. */
function fromFastify(thrown: unknown, name: string): HangarError {
  if (thrown instanceof HangarError) return thrown
  const status = (thrown as { statusCode?: number }).statusCode
  if (thrown instanceof Error && status !== undefined && status < 500) {
    return new HangarError(thrown.message, { code: 'HGR_HTTP_BAD_REQUEST', status, cause: thrown })
  }
  return asHangarError(thrown, name)
}
