import { contextOf, createHttpApp, type FastifyInstance, type HttpApp } from '#http'
import type { Log } from '#kernel'
import { mailErrors } from './errors.ts'
import { guard } from './guard.ts'
import type { Inbox } from './inbox.ts'
import { listPage, messagePage, pageHeaders } from './page.ts'
import { detailOf, headersOf, matches, summaryOf } from './render.ts'
import type { MailSettings } from './settings.ts'

export interface MailContext {
  readonly settings: MailSettings
  readonly inbox: Inbox
  readonly log: Log
}

const paging = {
  querystring: {
    type: 'object',
    properties: {
      start: { type: 'integer', minimum: 0, default: 0 },
      limit: { type: 'integer', minimum: 0, maximum: 1000, default: 50 },
      query: { type: 'string', maxLength: 1000 },
    },
  },
}

/** The inbox's page and Mailpit's API of it, for any number of inboxes. */
export function createMailApp(): Promise<HttpApp<MailContext>> {
  return createHttpApp<MailContext>({
    name: 'mail',
    schemas: true,
    register(app) {
      for (const path of ['/livez', '/readyz', '/health']) app.get(path, async () => 'ok')
      app.register(async routes => {
        routes.addHook('onRequest', async (request, reply) => {
          guard(contextOf<MailContext>(request).settings, request, reply)
        })
        // A form of the page posts without a body that matters.
        routes.addContentTypeParser(
          'application/x-www-form-urlencoded',
          { parseAs: 'string' },
          (_r, _b, done) => done(null, {}),
        )
        pages(routes)
        api(routes)
      })
    },
  })
}

function pages(routes: FastifyInstance): void {
  routes.get('/', async (request, reply) => {
    const { inbox, settings } = contextOf<MailContext>(request)
    return reply.headers(pageHeaders).send(listPage(await inbox.list(), settings.root))
  })
  routes.get('/message/:id', async (request, reply) => {
    const { settings, inbox } = contextOf<MailContext>(request)
    const message = await found(request)
    await inbox.markRead([message.id], true)
    return reply.headers(pageHeaders).send(messagePage(message, settings.root))
  })
  routes.post('/clear', async (request, reply) => {
    const { inbox, settings } = contextOf<MailContext>(request)
    await inbox.remove()
    return reply.redirect(`${settings.root}/`, 303)
  })
  routes.get('/view/:file', async (request, reply) => {
    const { file } = request.params as { file: string }
    const [, id = '', kind] = /^(.+)\.(html|txt)$/.exec(file) ?? []
    const message = await contextOf<MailContext>(request).inbox.get(id)
    if (!message) throw mailErrors.noMessage()
    // Somebody else wrote this markup: it runs no script, loads nothing, and is of no origin.
    reply.header(
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups",
    )
    return kind === 'html'
      ? reply.type('text/html; charset=utf-8').send(message.html)
      : reply.type('text/plain; charset=utf-8').send(message.text)
  })
}

function api(routes: FastifyInstance): void {
  routes.get('/api/v1/info', async request => {
    const messages = await contextOf<MailContext>(request).inbox.list()
    return {
      Version: 'hangar',
      Messages: messages.length,
      Unread: messages.filter(({ read }) => !read).length,
    }
  })
  const list = async (request: Parameters<typeof contextOf>[0]) => {
    const { start, limit, query } = request.query as { start: number; limit: number; query?: string }
    const all = await contextOf<MailContext>(request).inbox.list()
    const chosen = query === undefined ? all : all.filter(message => matches(message, query))
    return {
      total: all.length,
      unread: all.filter(({ read }) => !read).length,
      count: chosen.slice(start, start + limit).length,
      messages_count: chosen.length,
      start,
      tags: [],
      messages: chosen.slice(start, start + limit).map(summaryOf),
    }
  }
  routes.get('/api/v1/messages', { schema: paging }, list)
  routes.get('/api/v1/search', { schema: paging }, list)
  routes.put('/api/v1/messages', async request => {
    const { IDs = [], Read = false } = (request.body ?? {}) as { IDs?: string[]; Read?: boolean }
    await contextOf<MailContext>(request).inbox.markRead(IDs, Read)
    return 'ok'
  })
  routes.delete('/api/v1/messages', async request => {
    const { IDs } = (request.body ?? {}) as { IDs?: string[] }
    await contextOf<MailContext>(request).inbox.remove(IDs)
    return 'ok'
  })
  routes.get('/api/v1/message/:id', async request => {
    const message = await found(request)
    await contextOf<MailContext>(request).inbox.markRead([message.id], true)
    return detailOf(message)
  })
  routes.get('/api/v1/message/:id/headers', async request => headersOf(await found(request)))
  routes.get('/api/v1/message/:id/raw', async (request, reply) => {
    const { id } = await found(request)
    const raw = await contextOf<MailContext>(request).inbox.raw(id)
    if (!raw) throw mailErrors.noMessage()
    return reply.type('text/plain; charset=utf-8').send(raw)
  })
}

async function found(request: Parameters<typeof contextOf>[0]) {
  const { id } = request.params as { id: string }
  const message = await contextOf<MailContext>(request).inbox.get(id)
  if (!message) throw mailErrors.noMessage()
  return message
}
