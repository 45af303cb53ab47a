import type { FastifyInstance, FastifyReply, FastifyRequest } from '#http'
import { type Call, openCall } from '../context.ts'
import { readObject, readPublicObject, readSignedObject } from '../objects/read.ts'
import type { ObjectRow } from '../objects/rows.ts'
import { openSigned } from '../objects/sign.ts'
import { sendObject } from '../render/download.ts'
import { sendHead, sendInfo } from '../render/info.ts'
import { downloadName, requireVersion, target } from './params.ts'
import { authorized, tokenQuery } from './schemas.ts'

type Find = (call: Call, bucket: string, name: string) => Promise<ObjectRow>
type Send = (call: Call, reply: FastifyReply, row: ObjectRow) => unknown

const content: Send = (call, reply, row) =>
  sendObject(call, reply, row, { download: downloadName(call.request) })
const info: Send = (_call, reply, row) => sendInfo(reply, row)

/** Routes that show an object: its bytes, its headers, or what is known about it. */
export function readRoutes(app: FastifyInstance): void {
  const answer =
    (operation: string, token: 'required' | 'optional' | 'none', find: Find, send: Send) =>
    async (request: FastifyRequest, reply: FastifyReply) => {
      const call = await openCall(request, { operation, token })
      const { bucket, name } = target(request)
      const row = await find(call, bucket, name)
      requireVersion(request, row)
      return send(call, reply, row)
    }
  const schema = { headers: authorized }
  const get = 'storage.object.get_authenticated'
  const about = 'storage.object.info_authenticated'
  const aboutPublic = 'storage.object.info_public'

  app.get('/:bucket/*', answer(get, 'optional', readObject, content))
  app.head('/:bucket/*', answer(about, 'optional', readObject, sendHead))
  app.get('/authenticated/:bucket/*', { schema }, answer(get, 'required', readObject, content))
  app.head('/authenticated/:bucket/*', { schema }, answer(about, 'required', readObject, sendHead))
  app.get('/public/:bucket/*', answer('storage.object.get_public', 'none', readPublicObject, content))
  app.head('/public/:bucket/*', answer(aboutPublic, 'none', readPublicObject, sendHead))
  app.get('/info/:bucket/*', answer(about, 'optional', readObject, info))
  app.get('/info/authenticated/:bucket/*', { schema }, answer(about, 'required', readObject, info))
  app.get('/info/public/:bucket/*', answer(aboutPublic, 'none', readPublicObject, info))

  const signed = (send: 'content' | 'head') => async (request: FastifyRequest, reply: FastifyReply) => {
    const call = await openCall(request, { operation: 'storage.object.get_signed', token: 'none' })
    const { bucket, name } = target(request)
    const { exp } = await openSigned(
      call,
      (request.query as { token: string }).token,
      bucket,
      name,
      'download',
    )
    const row = await readSignedObject(call, bucket, name)
    if (send === 'head') return sendHead(call, reply, row)
    return sendObject(call, reply, row, { download: downloadName(request), expires: new Date(exp * 1000) })
  }
  app.get('/sign/:bucket/*', { schema: { querystring: tokenQuery } }, signed('content'))
  app.head('/sign/:bucket/*', { schema: { querystring: tokenQuery } }, signed('head'))
}
