import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import { requireBucketName, requireKey } from '../rules.ts'
import { type ObjectRow, requireObject } from './rows.ts'
import { findBucketRules } from './upload.ts'

/** The row that the caller may read. Public buckets are open to all; others are as their policies say, and hidden from strangers. */
export function readObject(call: Call, bucket: string, name: string): Promise<ObjectRow> {
  requireBucketName(bucket)
  return call.database.run(call.service, async transaction => {
    const found = await findBucketRules(transaction, bucket)
    if (!found || !(found.public || call.authenticated)) throw errors.noSuchBucket(bucket)
    requireKey(name)
    if (!found.public) await transaction.as(call.caller)
    return requireObject(transaction, bucket, name)
  })
}

/** The row, if its bucket is public. */
export function readPublicObject(call: Call, bucket: string, name: string): Promise<ObjectRow> {
  requireBucketName(bucket)
  return call.database.run(call.service, async transaction => {
    const found = await findBucketRules(transaction, bucket)
    if (!found?.public) throw errors.noSuchBucket(bucket)
    requireKey(name)
    return requireObject(transaction, bucket, name)
  })
}

/** The row as the caller's policies show it, in public buckets too. */
export function readAuthenticatedObject(call: Call, bucket: string, name: string): Promise<ObjectRow> {
  requireBucketName(bucket)
  requireKey(name)
  return call.database.run(call.caller, transaction => requireObject(transaction, bucket, name))
}

/** The row, for somebody who holds a signed URL. */
export function readSignedObject(call: Call, bucket: string, name: string): Promise<ObjectRow> {
  requireBucketName(bucket)
  requireKey(name)
  return call.database.run(call.service, transaction => requireObject(transaction, bucket, name))
}
