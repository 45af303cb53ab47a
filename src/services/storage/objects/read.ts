import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import { isKey, requireBucketName, requireKey } from '../rules.ts'
import { findingObject, type ObjectRow } from './rows.ts'
import { type BucketRules, findingBucketRules } from './upload.ts'

/** The row that the caller may read. Public buckets are open to all; others are as their policies say, and hidden from strangers. */
export async function readObject(call: Call, bucket: string, name: string): Promise<ObjectRow> {
  requireBucketName(bucket)
  const asService = await find(call, bucket, name)
  if (!asService.bucket || !(asService.bucket.public || call.authenticated)) throw errors.noSuchBucket(bucket)
  requireKey(name)
  if (asService.bucket.public) return there(asService.object, name)
  return readAuthenticatedObject(call, bucket, name)
}

/** The row, if its bucket is public. */
export async function readPublicObject(call: Call, bucket: string, name: string): Promise<ObjectRow> {
  requireBucketName(bucket)
  const found = await find(call, bucket, name)
  if (!found.bucket?.public) throw errors.noSuchBucket(bucket)
  requireKey(name)
  return there(found.object, name)
}

/** The row as the caller's policies show it, in public buckets too. */
export async function readAuthenticatedObject(call: Call, bucket: string, name: string): Promise<ObjectRow> {
  requireBucketName(bucket)
  requireKey(name)
  const [found] = await call.database.batch(call.caller, 'commit', [findingObject(bucket, name)])
  return there(found?.rows[0], name)
}

/** The row, for somebody who holds a signed URL. */
export async function readSignedObject(call: Call, bucket: string, name: string): Promise<ObjectRow> {
  requireBucketName(bucket)
  requireKey(name)
  const [found] = await call.database.batch(call.service, 'commit', [findingObject(bucket, name)])
  return there(found?.rows[0], name)
}

/** Bucket and object in one round trip. */
async function find(call: Call, bucket: string, name: string) {
  const [buckets, objects] = await call.database.batch(call.service, 'commit', [
    findingBucketRules(bucket),
    // What can be no key is not asked for.
    ...(isKey(name) ? [findingObject(bucket, name)] : []),
  ])
  return {
    bucket: buckets?.rows[0] as BucketRules | undefined,
    object: objects?.rows[0] as ObjectRow | undefined,
  }
}

function there(row: ObjectRow | undefined, name: string): ObjectRow {
  if (!row) throw errors.noSuchKey(name)
  return row
}
