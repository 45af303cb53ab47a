import { randomUUID } from 'node:crypto'
import { SingleFlight } from '#kernel'
import { errors } from '../errors.ts'
import { bareEtag } from '../files/etag.ts'
import type { Part } from '../files/port.ts'
import { contentEncoding } from '../objects/content-encoding.ts'
import { type ObjectRow, requireObject } from '../objects/rows.ts'
import { bucketRules, completeUpload, mayUpload, sizeLimit, withBytes } from '../objects/upload.ts'
import { parseRange } from '../render/range.ts'
import { requireAllowedMime, requireBucketName, requireKey } from '../rules.ts'
import { header, type S3Answer, type S3Call, userMetadataOf, wholeNumber } from './call.ts'
import { checkSource, copySource } from './copy.ts'
import { writeCondition } from './objects.ts'
import { openPayload, readText } from './payload.ts'
import {
  deleteUpload,
  findUpload,
  insertPart,
  insertUpload,
  mayContinue,
  readParts,
  reserve,
  type UploadRow,
} from './uploads.ts'
import { parseXml } from './xml.ts'

const mostParts = 10_000
const largestPartBytes = 5 * 1024 ** 3

export async function create(s3: S3Call): Promise<S3Answer> {
  const { call, bucket, key } = s3
  requireBucketName(bucket)
  requireKey(key)
  const rules = await bucketRules(call, bucket)
  const mimetype = header(s3, 'content-type')
  requireAllowedMime(mimetype ?? 'application/octet-stream', rules.allowed_mime_types)
  const metadata = {
    mimetype: mimetype ?? 'application/octet-stream',
    cacheControl: header(s3, 'cache-control') ?? 'no-cache',
    ...contentEncoding(header(s3, 'content-encoding')),
  }
  const userMetadata = userMetadataOf(call.request.headers)
  const target = { bucket, name: key, owner: call.owner, upsert: true }
  await mayUpload(call, target, call.caller, { metadata, user_metadata: userMetadata })
  const upload = await call.files.beginUpload(randomUUID())
  await insertUpload(call, {
    ...upload,
    bucket_id: bucket,
    key,
    metadata,
    user_metadata: userMetadata ?? null,
  }).catch(async error => {
    await call.files.dropUpload(upload)
    throw error
  })
  return {
    document: { InitiateMultipartUploadResult: { Bucket: bucket, Key: key, UploadId: upload.id } },
  }
}

export async function putPart(s3: S3Call): Promise<S3Answer> {
  const { call } = s3
  const { stream, size } = openPayload(s3)
  if (size === undefined) throw errors.missingContentLength()
  if (size > largestPartBytes) throw errors.tooLarge('part')
  const number = partNumber(s3)
  const upload = await findUpload(call, wanted(s3))
  await mayContinue(call, upload)
  const giveBack = await reserve(call, upload, size)
  try {
    const { etag } = await call.files.receivePart(upload, number, stream, size)
    await insertPart(call, upload, { number, etag, size })
    return { headers: { etag: `"${etag}"`, 'access-control-expose-headers': 'etag' } }
  } catch (error) {
    await giveBack()
    throw error
  }
}

export async function copyPart(s3: S3Call): Promise<S3Answer> {
  const { call } = s3
  const number = partNumber(s3)
  const from = copySource(s3)
  const upload = await findUpload(call, wanted(s3))
  const source = await call.database.run(call.caller, transaction =>
    requireObject(transaction, from.bucket, from.name),
  )
  checkSource(s3, source)
  const range = sourceRange(s3, source)
  await mayContinue(call, upload)
  if (!source.version) throw errors.noSuchKey(from.name)
  const size = range ? range.end - range.start + 1 : (source.metadata?.size ?? 0)
  if (size > largestPartBytes) throw errors.tooLarge('part')
  const giveBack = await reserve(call, upload, size)
  try {
    const received = await call.files.copyPart(upload, number, source.version, range)
    await insertPart(call, upload, { number, etag: received.etag, size: received.size })
    return {
      document: { CopyPartResult: { ETag: `"${received.etag}"`, LastModified: received.modifiedAt } },
    }
  } catch (error) {
    await giveBack()
    throw error
  }
}

/** Two requests that complete the same upload share one result. */
const completing = new SingleFlight<string, ObjectRow>()

export async function complete(s3: S3Call): Promise<S3Answer> {
  const { call, bucket, key } = s3
  const upload = await findUpload(call, wanted(s3))
  await mayContinue(call, upload)
  const parts = await chosenParts(s3, upload)
  const limit = sizeLimit(call.settings, await bucketRules(call, bucket), 'resumable')
  if (parts.reduce((sum, part) => sum + part.size, 0) > limit) throw errors.tooLarge()
  const row = await completing.run(upload.id, () => join(s3, upload, parts))
  return {
    document: {
      CompleteMultipartUploadResult: {
        Location: `${bucket}/${key}`,
        Bucket: bucket,
        Key: key,
        ETag: row.metadata?.eTag,
      },
    },
  }
}

async function join(s3: S3Call, upload: UploadRow, parts: readonly Part[]): Promise<ObjectRow> {
  const { call, bucket, key } = s3
  const check = writeCondition(s3)
  const received = await call.files.assemble(upload, parts)
  const target = { bucket, name: key, owner: call.owner, upsert: true }
  const row = await completeUpload(call, target, upload.version, {
    metadata: withBytes(upload.metadata ?? {}, received, 'md5'),
    ...(upload.user_metadata && { userMetadata: upload.user_metadata }),
    ...(check && { check }),
    // The object is there exactly when the upload is not.
    also: transaction => deleteUpload(transaction, upload.id),
  })
  await call.files.dropUpload(upload)
  return row
}

export async function abort(s3: S3Call): Promise<S3Answer> {
  const { call } = s3
  const upload = await findUpload(call, wanted(s3))
  await mayContinue(call, upload)
  await call.database.run(call.service, transaction => deleteUpload(transaction, upload.id))
  await call.files.dropUpload(upload)
  return {}
}

export async function listParts(s3: S3Call): Promise<S3Answer> {
  const { call, bucket, key, query } = s3
  const upload = await findUpload(call, wanted(s3))
  await mayContinue(call, upload)
  const marker = wholeNumber(s3, 'part-number-marker', { min: 0, max: mostParts })
  const asked = wholeNumber(s3, 'max-parts', { min: 0, max: 2 ** 31 }) ?? 1000
  const limit = Math.min(asked || 1000, 1000)
  const rows = await readParts(call, upload.id, { after: marker ?? 0, limit: limit + 1 })
  const page = rows.slice(0, limit)
  return {
    document: {
      ListPartsResult: {
        Bucket: bucket,
        Key: key,
        UploadId: query.get('uploadId'),
        PartNumberMarker: marker,
        NextPartNumberMarker: rows.length > limit ? page.at(-1)?.part_number : undefined,
        MaxParts: limit,
        IsTruncated: rows.length > limit,
        Part:
          page.length === 0
            ? undefined
            : page.map(part => ({
                PartNumber: part.part_number,
                LastModified: part.created_at,
                ETag: `"${part.etag}"`,
                Size: part.size,
              })),
      },
    },
  }
}

/** The parts that the client lists, each known with that digest; without a list, all. */
async function chosenParts(s3: S3Call, upload: UploadRow): Promise<Part[]> {
  const body = await readText(s3)
  const known = new Map(
    (await readParts(s3.call, upload.id)).map(({ part_number: number, etag, size }) => [
      number,
      { number, etag, size },
    ]),
  )
  const document = body.trim() === '' ? {} : parseXml(body)
  const listed = (document['CompleteMultipartUpload'] as { Part?: unknown } | undefined)?.Part
  const wished = Array.isArray(listed) ? (listed as { PartNumber?: string; ETag?: string }[]) : []
  if (body.trim() !== '' && document['CompleteMultipartUpload'] === undefined) throw errors.malformedXml()
  if (wished.length === 0) {
    if (known.size === 0) throw errors.malformedXml()
    return [...known.values()]
  }
  let before = 0
  return wished.map(({ PartNumber, ETag }) => {
    const number = Number(PartNumber)
    if (!Number.isInteger(number) || number < 1 || number > mostParts || typeof ETag !== 'string')
      throw errors.malformedXml()
    if (number <= before) throw errors.invalidPartOrder()
    before = number
    const part = known.get(number)
    if (!part) throw errors.missingPart(number, upload.id)
    if (bareEtag(ETag) !== part.etag) throw errors.invalidChecksum(`Invalid ETag for part ${number}`)
    return part
  })
}

function sourceRange(s3: S3Call, source: ObjectRow): { start: number; end: number } | undefined {
  const text = header(s3, 'x-amz-copy-source-range')
  if (text === undefined) return undefined
  const size = source.metadata?.size ?? 0
  const match = /^bytes=(\d+)-(\d+)$/.exec(text)
  const range = match && Number(match[2]) < size ? parseRange(text, size) : undefined
  if (!range || range === 'unsatisfiable') throw errors.invalidSourceRange()
  return range
}

function wanted({ bucket, key, query }: S3Call): { id: string; bucket: string; key: string } {
  const id = query.get('uploadId')
  if (!id) throw errors.invalidUploadId()
  return { id, bucket, key }
}

function partNumber(s3: S3Call): number {
  const number = wholeNumber(s3, 'partNumber', { min: 1, max: mostParts })
  if (number === undefined) throw errors.missingParameter('PartNumber')
  return number
}
