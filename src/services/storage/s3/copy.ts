import { errors } from '../errors.ts'
import { contentEncoding } from '../objects/content-encoding.ts'
import type { ObjectRow } from '../objects/rows.ts'
import { copyObject } from '../objects/transfer.ts'
import { evaluate } from '../render/conditions.ts'
import { header, type S3Answer, type S3Call, userMetadataOf } from './call.ts'

/** CopyObject. */
export async function copy(s3: S3Call): Promise<S3Answer> {
  const { call, bucket, key } = s3
  const from = copySource(s3)
  const directive = header(s3, 'x-amz-metadata-directive') ?? 'COPY'
  if (directive !== 'COPY' && directive !== 'REPLACE')
    throw errors.invalidParameter('x-amz-metadata-directive')
  const row = await copyObject(
    call,
    from,
    { bucket, name: key },
    {
      copyMetadata: directive === 'COPY',
      metadata: {
        ...defined('cacheControl', header(s3, 'cache-control')),
        ...defined('mimetype', header(s3, 'content-type')),
        ...contentEncoding(header(s3, 'content-encoding')),
      },
      userMetadata: userMetadataOf(call.request.headers),
      upsert: true,
      check: source => checkSource(s3, source),
    },
  )
  return {
    document: {
      CopyObjectResult: { ETag: row.metadata?.eTag, LastModified: row.metadata?.lastModified },
    },
  }
}

/** Bucket and key of `x-amz-copy-source`; the slash between them may be encoded, and a version of ours is the only one there is. */
export function copySource(s3: S3Call): { bucket: string; name: string } {
  const raw = (header(s3, 'x-amz-copy-source') ?? '').replace(/\?versionId=[^/]*$/, '')
  const path = raw
    .split('/')
    .map(segment => {
      try {
        return decodeURIComponent(segment)
      } catch {
        // No key holds a percent sign, so this is simply not found.
        return segment
      }
    })
    .join('/')
    .replace(/^\//, '')
  const at = path.indexOf('/')
  const bucket = at < 0 ? path : path.slice(0, at)
  const name = at < 0 ? '' : path.slice(at + 1)
  if (bucket === '') throw errors.invalidBucketName('')
  if (name === '') throw errors.missingParameter('CopySource')
  return { bucket, name }
}

/** Conditions on the source of a copy. */
export function checkSource(s3: S3Call, source: ObjectRow): void {
  const condition = (name: string) => header(s3, `x-amz-copy-source-if-${name}`)
  const verdict = evaluate(
    {
      ifMatch: condition('match'),
      ifNoneMatch: condition('none-match'),
      ifModifiedSince: condition('modified-since'),
      ifUnmodifiedSince: condition('unmodified-since'),
    },
    {
      etag: source.metadata?.eTag,
      lastModified: source.metadata?.lastModified
        ? new Date(source.metadata.lastModified)
        : source.updated_at,
    },
  )
  if (verdict !== 'send') throw errors.preconditionFailed()
}

function defined<K extends string>(name: K, value: string | undefined): { [key in K]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { [key in K]: string })
}
