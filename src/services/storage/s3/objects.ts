import type { FastifyReply } from '#http'
import { errors, StorageError } from '../errors.ts'
import { contentEncoding } from '../objects/content-encoding.ts'
import { deletingRows } from '../objects/remove.ts'
import { deleteObjects, findObject, type ObjectRow, requireObject } from '../objects/rows.ts'
import { bucketRules, mayUpload, sizeLimit, storeBody } from '../objects/upload.ts'
import { evaluate } from '../render/conditions.ts'
import { sendContent } from '../render/download.ts'
import { isFolderPlaceholder, requireAllowedMime, requireBucketName, requireKey } from '../rules.ts'
import { header, metadataHeaders, type S3Answer, type S3Call, userMetadataOf } from './call.ts'
import { openPayload } from './payload.ts'

export async function put(s3: S3Call): Promise<S3Answer> {
  const { call, bucket } = s3
  const payload = openPayload(s3)
  // A folder that somebody makes is kept as the dashboards keep it.
  const name = s3.key.endsWith('/') && payload.size === 0 ? `${s3.key}.emptyFolderPlaceholder` : s3.key
  requireBucketName(bucket)
  requireKey(name)
  const rules = await bucketRules(call, bucket)
  const placeholder = isFolderPlaceholder(name)
  const mimetype = header(s3, 'content-type') || 'application/octet-stream'
  if (!placeholder) requireAllowedMime(mimetype, rules.allowed_mime_types)
  const limitBytes = placeholder ? 0 : sizeLimit(call.settings, rules, 'standard')
  const metadata = {
    mimetype,
    cacheControl: header(s3, 'cache-control') ?? 'no-cache',
    ...contentEncoding(header(s3, 'content-encoding')),
    ...(payload.size === undefined ? {} : { contentLength: payload.size }),
  }
  // In a presigned link, metadata stands in the query.
  const userMetadata = userMetadataOf({ ...Object.fromEntries(s3.query), ...call.request.headers })
  const check = writeCondition(s3)
  const target = { bucket, name, owner: call.owner, upsert: true }
  await mayUpload(call, target, call.caller, { metadata, user_metadata: userMetadata })
  if (check) {
    // Refused before the bytes, when it can be; the answer that counts is given under the lock.
    const current = await call.database.run(call.service, transaction =>
      findObject(transaction, bucket, name),
    )
    check(current)
  }
  if ((payload.size ?? 0) > limitBytes) throw errors.tooLarge()
  const row = await storeBody(call, target, {
    stream: payload.stream,
    metadata,
    userMetadata,
    limitBytes,
    ...(check && { check }),
  })
  return { headers: { etag: row.metadata?.eTag } }
}

/** `If-None-Match: *` and `If-Match` on a write. */
export function writeCondition(s3: S3Call): ((current: ObjectRow | undefined) => void) | undefined {
  const ifNoneMatch = header(s3, 'if-none-match')
  const ifMatch = header(s3, 'if-match')
  if (ifNoneMatch === undefined && ifMatch === undefined) return undefined
  if (ifNoneMatch !== undefined && ifNoneMatch.trim() !== '*')
    throw errors.notImplemented('If-None-Match with an entity tag on a write')
  return current => {
    if (ifNoneMatch !== undefined && current) throw errors.preconditionFailed()
    if (ifMatch === undefined) return
    if (!current) throw errors.noSuchKey(s3.key)
    const at = { etag: current.metadata?.eTag, lastModified: undefined }
    if (evaluate({ ifMatch }, at) === 'failed') throw errors.preconditionFailed()
  }
}

export async function get(s3: S3Call): Promise<S3Answer | FastifyReply> {
  const { call, reply, key } = s3
  const row = await readRow(s3)
  const content = row.version ? await call.files.open(row.version) : undefined
  if (!content) throw errors.noSuchKey(key)
  return sendContent(call, reply, row, content, lastModified => ({
    ...describe(row, lastModified),
    ...overrides(s3),
  }))
}

export async function head(s3: S3Call): Promise<S3Answer> {
  const row = await readRow(s3)
  const lastModified = row.metadata?.lastModified ? new Date(row.metadata.lastModified) : row.updated_at
  const verdict = evaluate(
    {
      ifMatch: header(s3, 'if-match'),
      ifNoneMatch: header(s3, 'if-none-match'),
      ifModifiedSince: header(s3, 'if-modified-since'),
      ifUnmodifiedSince: header(s3, 'if-unmodified-since'),
    },
    { etag: row.metadata?.eTag, lastModified },
  )
  if (verdict === 'failed') throw errors.preconditionFailed()
  const headers = {
    'created-at': row.created_at.toISOString(),
    ...describe(row, lastModified),
    'content-length': String(row.metadata?.size ?? 0),
  }
  return { status: verdict === 'not-modified' ? 304 : 200, headers }
}

export async function tagging(s3: S3Call): Promise<S3Answer> {
  await readRow(s3)
  return { document: { Tagging: { TagSet: '' } } }
}

export async function remove(s3: S3Call): Promise<S3Answer> {
  const { call, bucket } = s3
  requireBucketName(bucket)
  await deleteOne(s3).catch(async error => {
    if (!(error instanceof StorageError) || error.storageCode !== 'NoSuchKey') throw error
    // Deleting what is not there is a success, unless the bucket is not there either.
    await bucketRules(call, bucket)
  })
  return { status: 204 }
}

async function deleteOne({ call, bucket, key, query }: S3Call): Promise<void> {
  await deletingRows(call, call.service, async transaction => {
    const row = await requireObject(transaction, bucket, key, { forUpdate: true })
    if (!isVersion(query, row)) return []
    await transaction.as(call.caller)
    const deleted = await deleteObjects(transaction, bucket, 'name', [key])
    if (deleted.length === 0) throw errors.noSuchKey(key)
    return deleted
  })
}

/** The row as the signer may see it. */
async function readRow({ call, bucket, key, query }: S3Call): Promise<ObjectRow> {
  requireBucketName(bucket)
  requireKey(key)
  const row = await call.database.run(call.caller, transaction => requireObject(transaction, bucket, key))
  if (!isVersion(query, row)) throw errors.noSuchVersion(key)
  return row
}

/** Whether the request is about that version: the only one there is, which lists call "null". */
function isVersion(query: URLSearchParams, row: ObjectRow): boolean {
  const wished = query.get('versionId')
  return wished === null || wished === 'null' || wished === row.version
}

function describe(row: ObjectRow, lastModified: Date): Record<string, string> {
  const { metadata } = row
  const headers: Record<string, string> = {
    'accept-ranges': 'bytes',
    'cache-control': metadata?.cacheControl ?? 'no-cache',
    'content-type': metadata?.mimetype ?? 'application/octet-stream',
    'last-modified': lastModified.toUTCString(),
    ...(metadata?.eTag ? { etag: metadata.eTag } : {}),
    ...(metadata?.contentEncoding ? { 'content-encoding': metadata.contentEncoding } : {}),
    ...metadataHeaders(row.user_metadata),
  }
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => sayable(value)))
}

/** `response-…` in the query replaces what the answer says about the content. */
function overrides({ query }: S3Call): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of ['disposition', 'type', 'encoding', 'language'])
    set(`content-${name}`, query.get(`response-content-${name}`))
  set('cache-control', query.get('response-cache-control'))
  const expires = query.get('response-expires')
  if (expires !== null) {
    const at = new Date(expires)
    if (Number.isNaN(at.getTime())) throw errors.invalidParameter('response-expires')
    set('expires', at.toUTCString())
  }
  return headers

  function set(name: string, value: string | null) {
    if (value && sayable(value)) headers[name] = value
  }
}

function sayable(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
}
