import { contextOf, createHttpApp, type FastifyInstance, type HttpApp } from '#http'
import { type Call, openCall, type StorageContext } from './context.ts'
import { imageRoutes } from './images/routes.ts'
import { absentRoutes } from './routes/absent.ts'
import { bucketRoutes } from './routes/buckets.ts'
import { cdnRoutes } from './routes/cdn.ts'
import { manageRoutes } from './routes/manage.ts'
import { removeRoutes, uploadRoutes } from './routes/objects.ts'
import { readRoutes } from './routes/read.ts'
import { renderError } from './routes/render-error.ts'
import { s3Routes } from './s3/routes.ts'
import { tusRoutes } from './tus/routes.ts'
import { vectorRoutes } from './vectors/routes.ts'

/** The whole HTTP surface, for any number of storage services. */
export function createStorageApp(): Promise<HttpApp<StorageContext>> {
  return createHttpApp<StorageContext>({
    name: 'storage',
    schemas: true,
    renderError,
    register(app) {
      acceptEmptyJson(app)
      app.register(async routes => bucketRoutes(routes), { prefix: '/bucket' })
      app.register(
        async routes => {
          routes.register(async inner => uploadRoutes(inner))
          manageRoutes(routes)
          removeRoutes(routes)
          readRoutes(routes)
        },
        { prefix: '/object' },
      )
      app.register(async routes => s3Routes(routes), { prefix: '/s3' })
      app.register(async routes => tusRoutes(routes), { prefix: '/upload/resumable' })
      app.register(async routes => imageRoutes(routes), { prefix: '/render/image' })
      app.register(async routes => cdnRoutes(routes), { prefix: '/cdn' })
      app.register(async routes => vectorRoutes(routes), { prefix: '/vector' })
      app.register(async routes => absentRoutes(routes))
      app.get('/version', async (request, reply) =>
        reply.type('text/plain').send(contextOf<StorageContext>(request).settings.version),
      )
      app.get('/status', async (_request, reply) => reply.status(200).send())
      app.get('/health', async request => {
        const call = await openCall(request, { operation: 'storage.health', token: 'none' })
        await healthy(call)
        return { healthy: true }
      })
    },
  })
}

/** Clients say JSON of requests that have no body at all; where one is needed, the route's schema says so. */
function acceptEmptyJson(app: FastifyInstance): void {
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    if (body === '') return done(null, undefined)
    try {
      done(null, JSON.parse(String(body)))
    } catch {
      done(Object.assign(new Error('Body is not valid JSON'), { statusCode: 400, name: 'SyntaxError' }))
    }
  })
  // Of another type, a body is not read; where one is needed, that is said as if it were missing.
  app.addContentTypeParser('*', (_request, _body, done) => done(null, null))
}

async function healthy(call: Call): Promise<void> {
  await call.database.run(call.service, transaction =>
    transaction.query('select id from storage.buckets limit 1'),
  )
}
