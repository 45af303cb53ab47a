import type { FastifyInstance } from '#http'
import { openCall } from '../context.ts'
import { errors } from '../errors.ts'
import {
  type BucketInput,
  createBucket,
  deleteBucket,
  emptyBucket,
  getBucket,
  listBuckets,
  updateBucket,
} from '../objects/buckets.ts'
import { authorized, bucketBody, bucketListQuery } from './schemas.ts'

/** /bucket: what a bucket is, and its rules. */
export function bucketRoutes(app: FastifyInstance): void {
  const headers = authorized
  app.post('/', { schema: { headers, body: { ...bucketBody, required: ['name'] } } }, async request => {
    const call = await openCall(request, { operation: 'storage.bucket.create', token: 'required' })
    const input = request.body as BucketInput & { name: string; id?: string; type?: string }
    // Made as an ordinary one, it would not be what was asked for.
    if (input.type === 'ANALYTICS') throw errors.notSupported('icebergCatalog')
    refuseVersions(input.id || input.name, request.body)
    await createBucket(call, input)
    return { name: input.name }
  })
  app.get('/', { schema: { headers, querystring: bucketListQuery } }, async request => {
    const call = await openCall(request, { operation: 'storage.bucket.list', token: 'required' })
    return listBuckets(call, request.query as Parameters<typeof listBuckets>[1])
  })
  app.get('/:id', { schema: { headers } }, async request => {
    const call = await openCall(request, { operation: 'storage.bucket.get', token: 'required' })
    return getBucket(call, idOf(request.params))
  })
  app.put('/:id', { schema: { headers, body: bucketBody } }, async request => {
    const call = await openCall(request, { operation: 'storage.bucket.update', token: 'required' })
    refuseVersions(idOf(request.params), request.body)
    await updateBucket(call, idOf(request.params), request.body as BucketInput)
    return { message: 'Successfully updated' }
  })
  app.post('/:id/empty', { schema: { headers } }, async request => {
    const call = await openCall(request, { operation: 'storage.bucket.empty', token: 'required' })
    await emptyBucket(call, idOf(request.params))
    return { message: 'Empty bucket has been queued. Completion may take up to an hour.' }
  })
  app.delete('/:id', { schema: { headers } }, async request => {
    const call = await openCall(request, { operation: 'storage.bucket.delete', token: 'required' })
    await deleteBucket(call, idOf(request.params))
    return { message: 'Successfully deleted' }
  })
}

/** Whoever asks for versions to be kept must not believe that they are. */
function refuseVersions(bucket: string, body: unknown): void {
  const { versioning_status: status = 'DISABLED' } = (body ?? {}) as { versioning_status?: string }
  if (status !== 'DISABLED') throw errors.featureNotEnabled(bucket, 'object versioning')
}

function idOf(params: unknown): string {
  return (params as { id: string }).id
}
