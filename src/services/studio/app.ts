import { contextOf, createHttpApp, type FastifyReply, type FastifyRequest, type HttpApp } from '#http'
import { HangarError, type Log } from '#kernel'
import type { Database, Reader } from './database.ts'
import { studioErrors } from './errors.ts'
import { guard } from './guard.ts'
import { readPages } from './pages.ts'
import { listBuckets, listObjects } from './queries/buckets.ts'
import { readOverview } from './queries/overview.ts'
import { listUsers } from './queries/people.ts'
import { readRows } from './queries/rows.ts'
import { runStatement } from './queries/statement.ts'
import { describeTable, listTables } from './queries/tables.ts'
import type { StudioSettings } from './settings.ts'

export interface StudioContext {
  readonly settings: StudioSettings
  readonly database: Database
  readonly log: Log
}

const paging = {
  limit: { type: 'integer', minimum: 1, maximum: 500, default: 50 },
  offset: { type: 'integer', minimum: 0, default: 0 },
  search: { type: 'string', maxLength: 200 },
} as const

const rowsQuery = {
  type: 'object',
  properties: {
    ...paging,
    sort: { type: 'string' },
    order: { type: 'string', enum: ['asc', 'desc'] },
    filterColumn: { type: 'string' },
    filterText: { type: 'string', maxLength: 1000 },
  },
} as const

const statementBody = {
  type: 'object',
  properties: { sql: { type: 'string', minLength: 1, maxLength: 100_000 } },
  required: ['sql'],
} as const

const securityHeaders = {
  'content-security-policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const

/** The page and the questions that it asks, for any number of studios. */
export function createStudioApp(): Promise<HttpApp<StudioContext>> {
  const pages = readPages()
  return createHttpApp<StudioContext>({
    name: 'studio',
    schemas: true,
    renderError,
    register(app) {
      app.get('/health', async () => ({ ok: true }))

      app.register(async routes => {
        routes.addHook('onRequest', async (request, reply) => {
          reply.headers(securityHeaders)
          guard(contextOf<StudioContext>(request).settings, request, reply)
        })
        const api =
          <T>(work: (reader: Reader, request: FastifyRequest) => Promise<T>, options = {}) =>
          (request: FastifyRequest) =>
            contextOf<StudioContext>(request).database.read(reader => work(reader, request), options)
        const names = (request: FastifyRequest) => request.params as { schema: string; table: string }

        routes.get('/api/overview', async request => {
          const { title } = contextOf<StudioContext>(request).settings
          return { title, ...(await api(readOverview)(request)) }
        })
        routes.get('/api/tables', api(listTables))
        routes.get(
          '/api/tables/:schema/:table',
          api((reader, request) => describeTable(reader, names(request).schema, names(request).table)),
        )
        routes.get(
          '/api/tables/:schema/:table/rows',
          { schema: { querystring: rowsQuery } },
          api((reader, request) =>
            readRows(
              reader,
              names(request).schema,
              names(request).table,
              request.query as Parameters<typeof readRows>[3],
            ),
          ),
        )
        const listQuery = { schema: { querystring: { type: 'object', properties: paging } } }
        routes.get(
          '/api/users',
          listQuery,
          api(async (reader, request) => {
            const found = await listUsers(reader, request.query as Parameters<typeof listUsers>[1])
            if (!found) throw studioErrors.notHere('users: the auth service has not run yet')
            return found
          }),
        )
        routes.get(
          '/api/buckets',
          api(async reader => {
            const found = await listBuckets(reader)
            if (!found) throw studioErrors.notHere('buckets: the storage service has not run yet')
            return found
          }),
        )
        routes.get(
          '/api/buckets/:bucket/objects',
          listQuery,
          api(async (reader, request) => {
            const { bucket } = request.params as { bucket: string }
            const found = await listObjects(
              reader,
              bucket,
              request.query as Parameters<typeof listObjects>[2],
            )
            if (!found) throw studioErrors.notHere('buckets: the storage service has not run yet')
            return found
          }),
        )
        routes.post(
          '/api/query',
          { schema: { body: statementBody } },
          api((reader, request) => runStatement(reader, (request.body as { sql: string }).sql), {
            closeAfter: true,
          }),
        )
        routes.get('/*', async (request, reply) => sendPage(request, reply))
      })

      function sendPage(request: FastifyRequest, reply: FastifyReply) {
        const path = request.url.split('?')[0] ?? '/'
        const page = pages.get(path === '/' ? '/index.html' : path)
        if (!page) {
          throw new HangarError(`There is no ${path.slice(0, 200)}`, {
            code: 'HGR_STUDIO_NO_PAGE',
            status: 404,
          })
        }
        if (page.immutable) reply.header('cache-control', 'private, max-age=31536000, immutable')
        return reply.type(page.type).send(page.body)
      }
    },
  })
}

function renderError(error: HangarError, _request: FastifyRequest, reply: FastifyReply): unknown {
  const hidden = error.status >= 500 && error.kind === 'system'
  return reply
    .status(error.status)
    .send(
      hidden
        ? { code: error.code, message: 'Something went wrong inside; the log has the details.' }
        : error.toJSON(),
    )
}
