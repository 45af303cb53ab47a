import * as z from 'zod'
import { acceptFlyRequests, createHttpApp, type FastifyReply, type FastifyRequest, type HttpApp } from '#http'
import type { HangarError, Log } from '#kernel'
import { bodyOf } from './body.ts'
import { platformErrors } from './errors.ts'
import { createGraphql } from './graphql/execute.ts'
import type { FlyPlatformOptions } from './platform.ts'
import { createReleases } from './releases.ts'
import { restRoutes } from './rest/index.ts'
import type { RestCall } from './rest/route.ts'
import { unavailable } from './rest/unavailable.ts'
import type { World } from './world.ts'

const graphqlBody = z.looseObject({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
})

/** REST under /api/v1 and GraphQL at /graphql, over the same engine. */
export async function openFlyPlatform(options: FlyPlatformOptions): Promise<HttpApp<{ log: Log }>> {
  const { api, logs, log, redactor } = options
  const releases = createReleases(api, options.store, options.clock)
  const world: World = {
    api,
    releases,
    logs,
    resolveImage: options.resolveImage,
    addressesOf: options.addressesOf,
  }
  const graphql = createGraphql(world, log)

  const app = await createHttpApp<{ log: Log }>({
    name: 'fly-platform',
    register(fastify) {
      acceptFlyRequests(fastify, options.tokens, platformErrors)
      fastify.post('/graphql', async request => {
        const { data, errors } = await graphql(bodyOf(request.body, graphqlBody))
        return {
          ...(data === undefined ? {} : { data }),
          ...(errors && {
            errors: errors.map(fault => ({ ...fault, message: redactor.redact(fault.message) })),
          }),
        }
      })
      for (const route of restRoutes)
        fastify.route({
          method: route.method,
          url: `/api/v1${route.path}`,
          handler: async (request, reply) =>
            reply.status(route.status ?? 200).send(await route.answer(callOf(request))),
        })
      for (const { method, path, what, instead } of unavailable)
        fastify.route({
          method,
          url: `/api/v1${path}`,
          handler: () => {
            throw platformErrors.notHere(what, instead)
          },
        })
    },
    renderError: render,
  })
  return app

  function callOf(request: FastifyRequest): RestCall {
    return {
      api,
      releases,
      logs,
      params: request.params as RestCall['params'],
      query: request.query as RestCall['query'],
      body: request.body,
    }
  }

  /** flyctl prints the body of a refusal as it comes; fly-go looks for `error` or `errors`. */
  function render(error: HangarError, request: FastifyRequest, reply: FastifyReply) {
    const hidden = error.status >= 500 && error.kind === 'system'
    const said = hidden
      ? 'internal error; the log has the details'
      : redactor.redact(error.hint ? `${error.message}. ${error.hint}` : error.message)
    const code = error.status === 401 ? 'UNAUTHORIZED' : 'ERROR'
    return reply
      .status(error.status)
      .send(
        request.url.startsWith('/graphql')
          ? { errors: [{ message: said, extensions: { code } }] }
          : { error: said, message: said },
      )
  }
}
