import type { FastifyInstance, FastifyReply, FastifyRequest } from '#http'
import { openCall } from '../context.ts'

const operations: Record<string, string> = {
  POST: 'storage.tus.upload.create',
  PUT: 'storage.tus.upload.part',
  PATCH: 'storage.tus.upload.part',
  HEAD: 'storage.tus.upload.get',
  DELETE: 'storage.tus.upload.delete',
  OPTIONS: 'storage.tus.options',
}

/** `/upload/resumable` and `/upload/resumable/sign`: TUS 1.0. */
export function tusRoutes(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))

  const answer = (signed: boolean) => async (request: FastifyRequest, reply: FastifyReply) => {
    const open = signed || request.method === 'OPTIONS'
    const call = await openCall(request, {
      operation: `${operations[request.method] ?? 'storage.tus.options'}${signed ? '_signed' : ''}`,
      token: open ? 'none' : 'required',
    })
    // With the first upload of this kind: the library and what it brings are megabytes, for which most have no use.
    const { handleTus } = await import('./server.ts')
    reply.hijack()
    const upsert = request.headers['x-upsert'] === 'true'
    await handleTus({ call, signed, owner: call.owner, upsert }, request.raw, reply.raw)
    return reply
  }
  const method = Object.keys(operations) as ('POST' | 'PUT' | 'PATCH' | 'HEAD' | 'DELETE' | 'OPTIONS')[]
  for (const url of ['/', '/*']) app.route({ method, url, handler: answer(false) })
  for (const url of ['/sign', '/sign/', '/sign/*']) app.route({ method, url, handler: answer(true) })
}
