import * as buckets from './buckets.ts'
import type { S3Operation } from './call.ts'
import { copy } from './copy.ts'
import { deleteMany } from './delete-many.ts'
import { listObjects, listObjectsV2, listVersions } from './list.ts'
import { listUploads } from './list-uploads.ts'
import * as multipart from './multipart.ts'
import * as objects from './objects.ts'

interface Request {
  readonly method: string
  readonly bucket: string
  readonly key: string
  readonly query: URLSearchParams
  readonly copying: boolean
}

interface Entry {
  /** What policies can ask for: `storage.operation()`. */
  readonly name: string
  readonly run: S3Operation
}

/** Parts of S3 that are not here: asked for by a word in the query. */
const absent = [
  'accelerate',
  'acl',
  'analytics',
  'attributes',
  'cors',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'legal-hold',
  'logging',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'replication',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'torrent',
  'website',
]

/** The operation that a request means; a string names what is not implemented. */
export function operationOf(request: Request): Entry | string | undefined {
  const { query } = request
  const missing = absent.find(word => query.has(word))
  if (missing !== undefined) return `?${missing}`
  if (query.has('lifecycle') && request.key !== '') return '?lifecycle'
  if (query.has('tagging') && !(request.key !== '' && request.method === 'GET')) return '?tagging'
  if (request.bucket === '')
    return request.method === 'GET' ? entry('bucket.list', buckets.listAll) : undefined
  return request.key === '' ? bucketOperation(request) : objectOperation(request)
}

function bucketOperation({ method, query }: Request): Entry | string | undefined {
  if (query.has('lifecycle')) return entry('bucket.lifecycle', buckets.lifecycle)
  switch (method) {
    case 'GET':
      if (query.has('location')) return entry('bucket.get_location', buckets.location)
      if (query.has('versioning')) return entry('bucket.get_versioning', buckets.versioning)
      if (query.has('uploads')) return entry('upload.list_multipart', listUploads)
      if (query.has('versions')) return entry('object.list', listVersions)
      return entry('object.list', query.get('list-type') === '2' ? listObjectsV2 : listObjects)
    case 'HEAD':
      return entry('bucket.head', buckets.head)
    case 'PUT':
      return query.has('versioning') ? '?versioning' : entry('bucket.create', buckets.create)
    case 'DELETE':
      return entry('bucket.delete', buckets.remove)
    case 'POST':
      return query.has('delete') ? entry('object.delete_many', deleteMany) : undefined
    default:
      return undefined
  }
}

function objectOperation({ method, query, copying }: Request): Entry | undefined {
  const upload = query.has('uploadId')
  switch (method) {
    case 'GET':
      if (query.has('tagging')) return entry('object.get_tagging', objects.tagging)
      return upload ? entry('upload.list_parts', multipart.listParts) : entry('object.get', objects.get)
    case 'HEAD':
      return entry('object.info', objects.head)
    case 'PUT':
      if (upload)
        return copying
          ? entry('upload.part_copy', multipart.copyPart)
          : entry('upload.part', multipart.putPart)
      return copying ? entry('object.copy', copy) : entry('upload', objects.put)
    case 'POST':
      if (query.has('uploads')) return entry('upload.create_multipart', multipart.create)
      return upload ? entry('upload.complete_multipart', multipart.complete) : undefined
    case 'DELETE':
      return upload
        ? entry('upload.abort_multipart', multipart.abort)
        : entry('object.delete', objects.remove)
    default:
      return undefined
  }
}

function entry(name: string, run: S3Operation): Entry {
  return { name: `storage.s3.${name}`, run }
}
