import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyRequest } from '#http'
import { openCall } from '../context.ts'
import { errors } from '../errors.ts'
import { drain } from '../objects/body.ts'
import { deletingRows } from '../objects/remove.ts'
import { deleteObjects, findObject } from '../objects/rows.ts'
import { openSigned } from '../objects/sign.ts'
import { uploadFromRequest } from '../objects/upload.ts'
import { requireBucketName } from '../rules.ts'
import { requireVersion, target } from './params.ts'
import { authorized, tokenQuery } from './schemas.ts'

/** Routes whose body is the object itself: nothing parses it, it flows to disk. */
export function uploadRoutes(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.register(multipart, { throwFileSizeLimit: false })
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.addHook('onError', async request => drain(request))

  const upload = (operation: string, alwaysUpsert: boolean) => async (request: FastifyRequest) => {
    const call = await openCall(request, { operation, token: 'required' })
    const { bucket, name } = target(request)
    const upsert = alwaysUpsert || request.headers['x-upsert'] === 'true'
    const row = await uploadFromRequest(call, { bucket, name, owner: call.owner, upsert }, call.caller)
    return { Id: row.id, Key: `${bucket}/${name}` }
  }
  const schema = { headers: authorized }
  app.post('/:bucket/*', { schema }, upload('storage.object.upload', false))
  app.put('/:bucket/*', { schema }, upload('storage.object.upload_update', true))

  app.put('/upload/sign/:bucket/*', { schema: { querystring: tokenQuery } }, async request => {
    const call = await openCall(request, { operation: 'storage.object.upload_signed', token: 'none' })
    const { bucket, name } = target(request)
    const { token } = request.query as { token: string }
    const { owner, upsert } = await openSigned(call, token, bucket, name, 'upload')
    const to = { bucket, name, owner, upsert: upsert === true }
    await uploadFromRequest(call, to, call.service)
    return { Key: `${bucket}/${name}` }
  })
}

/** Routes that remove objects. */
export function removeRoutes(app: FastifyInstance): void {
  app.delete('/:bucket/*', { schema: { headers: authorized } }, async request => {
    const call = await openCall(request, { operation: 'storage.object.delete', token: 'required' })
    const { bucket, name } = target(request)
    requireBucketName(bucket)
    await deletingRows(call, call.service, async transaction => {
      const row = await findObject(transaction, bucket, name, { forUpdate: true })
      if (!row) throw errors.noSuchKey(name)
      requireVersion(request, row)
      await transaction.as(call.caller)
      const deleted = await deleteObjects(transaction, bucket, 'name', [name])
      if (deleted.length === 0) throw errors.noSuchKey(name)
      return deleted
    })
    return { message: 'Successfully deleted' }
  })
}
