import { randomUUID } from 'node:crypto'
import type { Call, StorageContext } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { type Scope, scopeStatement } from '../database/scope.ts'
import type { Statement } from '../database/statement.ts'
import { errors, StorageError } from '../errors.ts'
import { asStorageFailure } from '../files/failures.ts'
import type { Received, Source } from '../files/port.ts'
import { requireRobotsRules } from '../robots.ts'
import { isFolderPlaceholder, requireAllowedMime, requireBucketName, requireKey } from '../rules.ts'
import { type IncomingBody, isForm, openForm, openRaw } from './body.ts'
import { contentEncoding } from './content-encoding.ts'
import {
  findObject,
  insertingNewObject,
  insertingObject,
  lockingName,
  type ObjectChange,
  type ObjectMetadata,
  type ObjectRow,
  upsertingObject,
  upsertObject,
  whenLocked,
} from './rows.ts'

/** Where an upload goes and by what rules. */
export interface UploadTarget {
  readonly bucket: string
  readonly name: string
  readonly owner: string | undefined
  /** Replace what is there; otherwise that is an error. */
  readonly upsert: boolean
}

export interface BucketRules {
  readonly id: string
  readonly public: boolean
  readonly file_size_limit: number | null
  readonly allowed_mime_types: string[] | null
}

/** Stores the body of the request as an object. `as` decides whether it is permitted. */
export async function uploadFromRequest(call: Call, target: UploadTarget, as: Scope): Promise<ObjectRow> {
  requireBucketName(target.bucket)
  const placeholder = isFolderPlaceholder(target.name)
  const ready = await (isForm(call.request) ? readyForm : readyRaw)(call, target, as, placeholder)
  const limitBytes = limitFor(call, ready.bucket, placeholder)
  return storeBody(call, target, { ...ready.body, metadata: ready.metadata, limitBytes })
}

interface Ready {
  readonly bucket: BucketRules
  readonly body: IncomingBody
  readonly metadata: ObjectMetadata
}

/** A form tells what it brings only when it is read, so no connection to the database waits for it. */
async function readyForm(call: Call, target: UploadTarget, as: Scope, placeholder: boolean): Promise<Ready> {
  const bucket = await bucketRules(call, target.bucket)
  const body = await openForm(call.request, call.clock)
  return readyWith(call, target, as, bucket, body, placeholder)
}

/** Headers are there at once: the bucket's rules and the policies are asked together, and the row that was tried is taken back. */
async function readyRaw(call: Call, target: UploadTarget, as: Scope, placeholder: boolean): Promise<Ready> {
  return (
    (await readyAtOnce(call, target, as, placeholder)) ??
    readyWith(
      call,
      target,
      as,
      await bucketRules(call, target.bucket),
      openRaw(call.request, call.clock),
      placeholder,
    )
  )
}

/** All questions in one round trip. Undefined when anything is refused: which refusal comes first is for `readyWith` to say. */
async function readyAtOnce(
  call: Call,
  target: UploadTarget,
  as: Scope,
  placeholder: boolean,
): Promise<Ready | undefined> {
  try {
    const body = openRaw(call.request, call.clock)
    requireKey(target.name)
    const [found] = await call.database.batch(call.service, 'rollback', [
      findingBucketRules(target.bucket),
      { text: scopeStatement(as) },
      tryingRow(target, { metadata: describe(body), user_metadata: body.userMetadata }),
    ])
    const bucket = found?.rows[0] as BucketRules
    return { bucket, body, metadata: accept(call, target, bucket, body, placeholder) }
  } catch (error) {
    if (error instanceof StorageError && error.status < 500) return undefined
    throw error
  }
}

async function readyWith(
  call: Call,
  target: UploadTarget,
  as: Scope,
  bucket: BucketRules,
  body: IncomingBody,
  placeholder: boolean,
): Promise<Ready> {
  const metadata = accept(call, target, bucket, body, placeholder)
  await mayUpload(call, target, as, { metadata, user_metadata: body.userMetadata })
  return { bucket, body, metadata }
}

/** What can be refused without asking the policies, in the order in which the storage API refuses it. */
function accept(
  call: Call,
  target: UploadTarget,
  bucket: BucketRules,
  body: IncomingBody,
  placeholder: boolean,
): ObjectMetadata {
  const metadata = describe(body)
  if (!placeholder) requireAllowedMime(body.mimeType, bucket.allowed_mime_types)
  if ((body.announcedSize ?? 0) > limitFor(call, bucket, placeholder)) throw errors.tooLarge()
  requireKey(target.name)
  return metadata
}

function limitFor(call: Call, bucket: BucketRules, placeholder: boolean): number {
  return placeholder ? 0 : sizeLimit(call.settings, bucket, 'standard')
}

/** Bytes that an object of that bucket may have. */
export function sizeLimit(
  settings: StorageContext['settings'],
  bucket: BucketRules,
  kind: 'standard' | 'resumable',
): number {
  const limits = [settings.fileSizeLimit, bucket.file_size_limit ?? Number.POSITIVE_INFINITY]
  if (kind === 'standard' && settings.standardFileSizeLimit > 0) limits.push(settings.standardFileSizeLimit)
  return Math.min(...limits)
}

/** What the bucket allows, whoever asks. */
export async function bucketRules(call: Call, bucket: string): Promise<BucketRules> {
  const [found] = await call.database.batch(call.service, 'commit', [findingBucketRules(bucket)])
  if (!found?.rows[0]) throw errors.noSuchBucket(bucket)
  return found.rows[0]
}

export function findingBucketRules(bucket: string): Statement {
  return {
    text: 'select id, public, file_size_limit, allowed_mime_types from storage.buckets where id = $1',
    values: [bucket],
  }
}

interface TriedRow {
  readonly metadata?: ObjectMetadata
  readonly user_metadata?: Record<string, unknown> | undefined
}

/** Tries the row as that role and takes it back: the policies answer before a byte is read. */
export async function mayUpload(
  call: StorageContext,
  target: UploadTarget,
  as: Scope,
  row: TriedRow,
): Promise<void> {
  await call.database.batch(as, 'rollback', [tryingRow(target, row)]).catch(error => {
    throw error.storageCode === 'ResourceAlreadyExists' ? errors.keyExists(target.name) : error
  })
}

function tryingRow(target: UploadTarget, row: TriedRow): Statement {
  const change = {
    bucket_id: target.bucket,
    name: target.name,
    owner: target.owner,
    version: '1',
    ...row,
  }
  return target.upsert ? upsertingObject(change) : insertingObject(change)
}

interface Content {
  readonly stream: Source
  readonly metadata: ObjectMetadata
  readonly userMetadata?: Record<string, unknown> | undefined
  readonly limitBytes: number
  readonly check?: NewRow['check']
}

/** Bytes first, row second: an object is seen only when it is whole and on disk. */
export async function storeBody(call: Call, target: UploadTarget, content: Content): Promise<ObjectRow> {
  const version = randomUUID()
  const received = await call.files.receive(version, content.stream, content.limitBytes).catch(error => {
    throw asStorageFailure(error)
  })
  return completeUpload(call, target, version, {
    metadata: withBytes(content.metadata, received, call.settings.etagAlgorithm),
    userMetadata: content.userMetadata,
    ...(content.check && { check: content.check }),
  })
}

/** Publishes a received version and commits its row. On failure nothing of it stays. */
export async function completeUpload(
  call: Call,
  target: UploadTarget,
  version: string,
  row: NewRow,
): Promise<ObjectRow> {
  try {
    await call.files.publish(version)
  } catch (error) {
    await call.files.discard(version)
    throw error
  }
  return commitRow(call, target, version, row)
}

export interface NewRow {
  readonly metadata: ObjectMetadata
  readonly userMetadata?: Record<string, unknown> | undefined
  /** Sees the row that is there now; throws when the object must not be written over it. */
  readonly check?: (current: ObjectRow | undefined) => void
  /** Further work that is committed together with the row. */
  readonly also?: (transaction: Transaction) => Promise<unknown>
}

/** Names a published version in its row; the version that it replaces goes. When the row does not come, neither do the bytes stay. */
export async function commitRow(
  call: Call,
  target: UploadTarget,
  version: string,
  row: NewRow,
): Promise<ObjectRow> {
  const change = {
    bucket_id: target.bucket,
    name: target.name,
    owner: target.owner,
    version,
    metadata: row.metadata,
    user_metadata: row.userMetadata ?? {},
  }
  const replaced: string[] = []
  try {
    const stored =
      (await commitNewRow(call, change, row)) ??
      (await call.database.run(call.service, async transaction => {
        const { text, values } = lockingName(target.bucket, target.name)
        await transaction.query(text, values as unknown[]).catch(whenLocked)
        const current = await findObject(transaction, target.bucket, target.name, { forUpdate: true })
        if (current && !target.upsert && current.version !== version) throw errors.keyExists(target.name)
        row.check?.(current)
        const result = await upsertObject(transaction, change)
        await row.also?.(transaction)
        if (current?.version && current.version !== version) replaced.push(current.version)
        await call.files.retire(replaced)
        return result
      }))
    await call.files.settle(version)
    await call.files.remove(replaced)
    return stored
  } catch (error) {
    await abandon(call, version, replaced)
    throw error
  }
}

/** The common case in one round trip: nothing of that name is there. Undefined when something is, or more must be asked. */
async function commitNewRow(call: Call, change: ObjectChange, row: NewRow): Promise<ObjectRow | undefined> {
  if (row.check || row.also) return undefined
  const [, inserted] = await call.database
    .batch(call.service, 'commit', [lockingName(change.bucket_id, change.name), insertingNewObject(change)])
    .catch(whenLocked)
  return inserted?.rows[0]
}

/** After a failed commit the row decides: it may be there although the answer was lost. */
async function abandon(call: Call, version: string, replaced: readonly string[]): Promise<void> {
  const named = await call.database
    .run(call.service, async transaction => {
      const { rows } = await transaction.query<{ version: string }>(
        'select version from storage.objects where version = any($1)',
        [[version, ...replaced]],
      )
      return new Set(rows.map(row => row.version))
    })
    // Nobody can say: the marks stay, and the sweep finds out later.
    .catch(() => undefined)
  if (!named) return
  if (!named.has(version)) {
    await call.files.discard(version)
    await call.files.keep(replaced)
  }
}

export function describe(
  body: Pick<IncomingBody, 'mimeType' | 'cacheControl' | 'contentEncoding' | 'robots' | 'announcedSize'>,
): ObjectMetadata {
  if (body.robots !== undefined) requireRobotsRules(body.robots)
  return {
    mimetype: body.mimeType,
    cacheControl: body.cacheControl,
    ...contentEncoding(body.contentEncoding),
    ...(body.robots === undefined ? {} : { xRobotsTag: body.robots }),
    ...(body.announcedSize === undefined
      ? {}
      : { size: body.announcedSize, contentLength: body.announcedSize }),
  }
}

export function withBytes(
  metadata: ObjectMetadata,
  received: Received,
  etagAlgorithm: 'md5' | 'mtime',
): ObjectMetadata {
  const { size, etag, modifiedAt } = received
  return {
    eTag:
      etagAlgorithm === 'md5' ? `"${etag}"` : `"${modifiedAt.getTime().toString(16)}-${size.toString(16)}"`,
    ...metadata,
    size,
    lastModified: modifiedAt.toISOString(),
    contentLength: size,
    httpStatusCode: 200,
  }
}
