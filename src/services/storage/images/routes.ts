import type { FastifyInstance, FastifyRequest } from '#http'
import { type Call, openCall } from '../context.ts'
import { errors } from '../errors.ts'
import { readAuthenticatedObject, readPublicObject, readSignedObject } from '../objects/read.ts'
import { openSigned } from '../objects/sign.ts'
import { downloadName, target } from '../routes/params.ts'
import { authorized, tokenQuery } from '../routes/schemas.ts'
import { type ImageOptions, imageOptionsSchema, readOptions } from './options.ts'
import { sendImage } from './render.ts'

const querystring = {
  type: 'object',
  properties: { ...imageOptionsSchema, download: { type: 'string' } },
} as const

/** `/render/image`: objects as images of another size and form. */
export function imageRoutes(app: FastifyInstance): void {
  app.get('/public/:bucket/*', { schema: { querystring } }, async (request, reply) => {
    const call = await open(request, 'storage.render.image_public', 'none')
    const { bucket, name } = target(request)
    const row = await readPublicObject(call, bucket, name)
    return sendImage(call, reply, row, request.query as ImageOptions, { download: downloadName(request) })
  })

  app.get(
    '/authenticated/:bucket/*',
    { schema: { headers: authorized, querystring } },
    async (request, reply) => {
      const call = await open(request, 'storage.render.image_authenticated', 'required')
      const { bucket, name } = target(request)
      const row = await readAuthenticatedObject(call, bucket, name)
      return sendImage(call, reply, row, request.query as ImageOptions, { download: downloadName(request) })
    },
  )

  app.get('/sign/:bucket/*', { schema: { querystring: tokenQuery } }, async (request, reply) => {
    const call = await open(request, 'storage.render.image_sign', 'none')
    const { bucket, name } = target(request)
    const { token } = request.query as { token: string }
    const { exp, transformations } = await openSigned(call, token, bucket, name, 'download')
    const row = await readSignedObject(call, bucket, name)
    return sendImage(call, reply, row, readOptions(transformations ?? ''), {
      download: downloadName(request),
      expires: new Date(exp * 1000),
    })
  })
}

async function open(request: FastifyRequest, operation: string, token: 'required' | 'none'): Promise<Call> {
  const call = await openCall(request, { operation, token })
  if (!call.settings.imageTransformation) throw errors.notSupported('imageTransformation')
  return call
}
