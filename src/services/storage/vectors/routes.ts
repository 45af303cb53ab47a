import type { FastifyInstance } from '#http'
import type { Call } from '../context.ts'
import { StorageError } from '../errors.ts'
import { createVectorBucket, deleteVectorBucket, getVectorBucket, listVectorBuckets } from './buckets.ts'
import { createVectorIndex, deleteVectorIndex, getVectorIndex, listVectorIndexes } from './indexes.ts'
import { queryVectors } from './query.ts'
import * as schemas from './schemas.ts'
import { openVectorCall } from './store.ts'
import { deleteVectors, getVectors, listVectors, putVectors } from './vectors.ts'

const putLimitBytes = 20 * 1024 * 1024

/** `/vector`: buckets of vector indexes, in the words of S3 Vectors. */
export function vectorRoutes(app: FastifyInstance): void {
  // Unlike the rest of the storage API, these answer with the status that they mean.
  app.setErrorHandler((thrown, _request, reply) => {
    if (!(thrown instanceof StorageError) || thrown.status >= 500) throw thrown
    const { status, error, message, storageCode } = thrown
    return reply.status(status).send({ statusCode: String(status), error, message, code: storageCode })
  })
  const route = <Body>(
    name: string,
    operation: string,
    body: object,
    work: (call: Call, body: Body) => Promise<unknown>,
    bodyLimit?: number,
  ) =>
    app.post(`/${name}`, { schema: { body }, ...(bodyLimit && { bodyLimit }) }, async (request, reply) => {
      const call = await openVectorCall(request, operation)
      return reply.send(await work(call, request.body as Body))
    })
  type Named = { vectorBucketName: string }
  route<Named>('CreateVectorBucket', 'bucket.create', schemas.bucketBody, (call, body) =>
    createVectorBucket(call, body.vectorBucketName),
  )
  route<Named>('GetVectorBucket', 'bucket.get', schemas.bucketBody, (call, body) =>
    getVectorBucket(call, body.vectorBucketName),
  )
  route<Named>('DeleteVectorBucket', 'bucket.delete', schemas.bucketBody, (call, body) =>
    deleteVectorBucket(call, body.vectorBucketName),
  )
  route('ListVectorBuckets', 'bucket.list', schemas.bucketListBody, listVectorBuckets)
  route('CreateIndex', 'index.create', schemas.newIndexBody, createVectorIndex)
  route('GetIndex', 'index.get', schemas.indexBody, getVectorIndex)
  route('ListIndexes', 'index.list', schemas.indexListBody, listVectorIndexes)
  route('DeleteIndex', 'index.delete', schemas.indexBody, deleteVectorIndex)
  route('PutVectors', 'put', schemas.putBody, putVectors, putLimitBytes)
  route('GetVectors', 'get', schemas.getBody, getVectors)
  route('ListVectors', 'list', schemas.listBody, listVectors)
  route('DeleteVectors', 'delete', schemas.deleteBody, deleteVectors)
  route('QueryVectors', 'query', schemas.queryBody, queryVectors)
}
