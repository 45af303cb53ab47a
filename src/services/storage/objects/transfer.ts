import { randomUUID } from 'node:crypto'
import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import { requireBucketName, requireKey } from '../rules.ts'
import { type ObjectMetadata, type ObjectRow, requireObject, updateObject } from './rows.ts'
import { commitRow, mayUpload } from './upload.ts'

export interface Place {
  readonly bucket: string
  readonly name: string
  /** The version that is meant; another than the current is not there. */
  readonly versionId?: string | undefined
}

/** Gives an object another name, or another bucket. No bytes move: the row says which they are. */
export async function moveObject(call: Call, from: Place, to: Place): Promise<ObjectRow> {
  requireBucketName(from.bucket)
  requireBucketName(to.bucket)
  requireKey(to.name)
  return call.database.run(call.caller, async transaction => {
    requireMeant(from, await requireObject(transaction, from.bucket, from.name))
    const moved = await updateObject(transaction, from.bucket, from.name, {
      bucket_id: to.bucket,
      name: to.name,
      owner: call.owner,
    })
    if (!moved) throw errors.noSuchKey(from.name)
    return moved
  })
}

export interface CopyOptions {
  /** Take type, cache control and user metadata from the source. Otherwise from `metadata` and `userMetadata`. */
  readonly copyMetadata: boolean
  readonly metadata?: Pick<ObjectMetadata, 'cacheControl' | 'mimetype' | 'contentEncoding'> | undefined
  readonly userMetadata?: Record<string, unknown> | undefined
  readonly upsert: boolean
  /** Called with the source before anything is done; throws when a condition on it does not hold. */
  readonly check?: (source: ObjectRow) => void
}

/** Makes another object with the same bytes. They are shared on disk, so size does not matter. */
export async function copyObject(
  call: Call,
  from: Place,
  to: Place,
  options: CopyOptions,
): Promise<ObjectRow> {
  requireBucketName(from.bucket)
  requireBucketName(to.bucket)
  requireKey(to.name)
  const source = await call.database.run(call.caller, transaction =>
    requireObject(transaction, from.bucket, from.name),
  )
  requireMeant(from, source)
  options.check?.(source)
  const metadata = {
    ...source.metadata,
    ...(options.copyMetadata ? {} : dropUndefined(options.metadata ?? {})),
    lastModified: new Date().toISOString(),
  }
  const userMetadata = options.copyMetadata ? source.user_metadata : (options.userMetadata ?? {})
  const target = { ...to, owner: call.owner, upsert: options.upsert }
  await mayUpload(call, target, call.caller, { metadata, user_metadata: userMetadata ?? undefined })
  if (!source.version) throw errors.noSuchKey(from.name)
  const version = randomUUID()
  await call.files.duplicate(source.version, version).catch(error => {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? errors.noSuchKey(from.name) : error
  })
  return commitRow(call, target, version, { metadata, userMetadata: userMetadata ?? undefined })
}

/** An object has one version at a time. */
function requireMeant({ versionId }: Place, row: ObjectRow): void {
  if (versionId !== undefined && versionId !== row.version) throw errors.noSuchKey(row.name)
}

function dropUndefined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>
}
