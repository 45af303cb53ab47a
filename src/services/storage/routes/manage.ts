import type { FastifyInstance } from '#http'
import { openCall } from '../context.ts'
import { type ImageOptions, writeOptions } from '../images/options.ts'
import { parseUserMetadata } from '../objects/body.ts'
import { type ListOptions, type ListV2Options, listFolder, listPage } from '../objects/list.ts'
import { deletingRows } from '../objects/remove.ts'
import { deleteWished, type ObjectMetadata, renderObject } from '../objects/rows.ts'
import { signObject, signObjects, signUpload } from '../objects/sign.ts'
import { copyObject, moveObject } from '../objects/transfer.ts'
import { requireBucketName } from '../rules.ts'
import { target } from './params.ts'
import {
  authorized,
  copyBody,
  listBody,
  listV2Body,
  moveBody,
  removeBody,
  signBody,
  signManyBody,
} from './schemas.ts'

interface Transfer {
  readonly bucketId: string
  readonly sourceKey: string
  readonly destinationBucket?: string
  readonly destinationKey: string
  readonly sourceVersionId?: string
}

interface VersionWish {
  readonly path: string
  readonly versionId?: string
}

interface SignWish {
  readonly expiresIn: number
  readonly transform?: ImageOptions
  readonly versionId?: string
}

/** Routes that take JSON and work on objects that are there: lists, names, copies, links. */
export function manageRoutes(app: FastifyInstance): void {
  const headers = authorized

  app.post('/list/:bucket', { schema: { headers, body: listBody } }, async request => {
    const call = await openCall(request, { operation: 'storage.object.list', token: 'required' })
    return listFolder(call, target(request).bucket, request.body as ListOptions)
  })

  app.post('/list-v2/:bucket', { schema: { headers, body: listV2Body } }, async request => {
    const call = await openCall(request, { operation: 'storage.object.list_v2', token: 'required' })
    return listPage(call, target(request).bucket, (request.body ?? {}) as ListV2Options)
  })

  app.delete('/:bucket', { schema: { headers, body: removeBody } }, async request => {
    const call = await openCall(request, { operation: 'storage.object.delete_many', token: 'required' })
    const { bucket } = target(request)
    requireBucketName(bucket)
    const { prefixes } = request.body as { prefixes: (string | VersionWish)[] }
    const plain = prefixes.map(one => (typeof one === 'string' ? { path: one } : one))
    const rows = await deletingRows(call, call.caller, transaction =>
      deleteWished(transaction, bucket, plain),
    )
    return rows.map(renderObject)
  })

  app.post('/move', { schema: { headers, body: moveBody } }, async request => {
    const call = await openCall(request, { operation: 'storage.object.move', token: 'required' })
    const { from, to } = places(request.body as Transfer)
    const moved = await moveObject(call, from, to)
    return { message: 'Successfully moved', Id: moved.id, Key: moved.name }
  })

  app.post('/copy', { schema: { headers, body: copyBody } }, async request => {
    const call = await openCall(request, { operation: 'storage.object.copy', token: 'required' })
    const body = request.body as Transfer & { metadata?: ObjectMetadata; copyMetadata?: boolean }
    const { from, to } = places(body)
    const custom = request.headers['x-metadata']
    const copied = await copyObject(call, from, to, {
      copyMetadata: body.copyMetadata ?? true,
      metadata: body.metadata,
      userMetadata: typeof custom === 'string' ? parseUserMetadata(custom, 'base64') : undefined,
      upsert: request.headers['x-upsert'] === 'true',
    })
    return { Id: copied.id, Key: `${to.bucket}/${to.name}`, ...renderObject(copied) }
  })

  app.post('/sign/:bucket/*', { schema: { headers, body: signBody } }, async request => {
    const call = await openCall(request, { operation: 'storage.object.sign', token: 'required' })
    const { bucket, name } = target(request)
    const { expiresIn, transform, versionId } = request.body as SignWish
    const transformations = call.settings.imageTransformation ? writeOptions(transform ?? {}) : ''
    return { signedURL: await signObject(call, bucket, name, expiresIn, { transformations, versionId }) }
  })

  app.post('/sign/:bucket', { schema: { headers, body: signManyBody } }, async request => {
    const call = await openCall(request, { operation: 'storage.object.sign_many', token: 'required' })
    const { expiresIn, paths } = request.body as { expiresIn: number; paths: string[] }
    return signObjects(call, target(request).bucket, paths, expiresIn)
  })

  app.post('/upload/sign/:bucket/*', { schema: { headers } }, async request => {
    const call = await openCall(request, { operation: 'storage.object.sign_upload_url', token: 'required' })
    const upsert = request.headers['x-upsert'] === 'true'
    return signUpload(call, { ...target(request), owner: call.owner, upsert })
  })
}

function places(body: Transfer) {
  return {
    from: { bucket: body.bucketId, name: body.sourceKey, versionId: body.sourceVersionId },
    to: { bucket: body.destinationBucket || body.bucketId, name: body.destinationKey },
  }
}
