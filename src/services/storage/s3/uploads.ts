import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import type { Part } from '../files/port.ts'
import type { ObjectMetadata } from '../objects/rows.ts'
import { bucketRules, mayUpload, sizeLimit } from '../objects/upload.ts'

/** The row of a multipart upload. */
export interface UploadRow {
  readonly id: string
  readonly version: string
  readonly bucket_id: string
  readonly key: string
  readonly in_progress_size: number
  readonly upload_signature: string
  readonly user_metadata: Record<string, unknown> | null
  readonly metadata: ObjectMetadata | null
}

interface PartRow {
  readonly part_number: number
  readonly etag: string
  readonly size: number
  readonly created_at: Date
}

const columns = 'id, version, bucket_id, key, in_progress_size, upload_signature, user_metadata, metadata'

export async function insertUpload(
  call: Call,
  upload: Pick<UploadRow, 'id' | 'version' | 'bucket_id' | 'key' | 'user_metadata' | 'metadata'>,
): Promise<void> {
  await call.database.run(call.service, transaction =>
    transaction.query(
      `insert into storage.s3_multipart_uploads (id, version, bucket_id, key, owner_id, user_metadata, metadata, upload_signature)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        upload.id,
        upload.version,
        upload.bucket_id,
        upload.key,
        call.owner ?? null,
        upload.user_metadata,
        upload.metadata,
        seal(call, 0),
      ],
    ),
  )
}

/** The upload of that id, for that object. Throws noSuchUpload. */
export async function findUpload(
  call: Call,
  wanted: { readonly id: string; readonly bucket: string; readonly key: string },
): Promise<UploadRow> {
  const upload = await call.database.run(call.service, transaction => readUpload(transaction, wanted.id))
  if (upload.bucket_id !== wanted.bucket || upload.key !== wanted.key) throw errors.noSuchUpload(wanted.id)
  return upload
}

/** Whether the signer may write the object that the upload becomes. */
export async function mayContinue(call: Call, upload: UploadRow): Promise<void> {
  const target = { bucket: upload.bucket_id, name: upload.key, owner: call.owner, upsert: true }
  await mayUpload(call, target, call.caller, {
    ...(upload.metadata && { metadata: upload.metadata }),
    ...(upload.user_metadata && { user_metadata: upload.user_metadata }),
  })
}

/** Counts bytes against the limit of the object before they come. Resolves with what gives them back. */
export async function reserve(call: Call, upload: UploadRow, bytes: number): Promise<() => Promise<void>> {
  const limit = sizeLimit(call.settings, await bucketRules(call, upload.bucket_id), 'resumable')
  await change(call, upload.id, size => {
    if (size + bytes > limit) throw errors.tooLarge()
    return size + bytes
  })
  return () => change(call, upload.id, size => Math.max(0, size - bytes)).catch(() => {})
}

/** Names a part that was received. One of the same number that was there before is replaced, and its bytes are given back. */
export async function insertPart(call: Call, upload: UploadRow, part: Part): Promise<void> {
  await call.database.run(call.service, async transaction => {
    const current = await readUpload(transaction, upload.id, 'for update')
    const { rows } = await transaction.query<{ size: number }>(
      'delete from storage.s3_multipart_uploads_parts where upload_id = $1 and part_number = $2 returning size',
      [upload.id, part.number],
    )
    const freed = rows.reduce((sum, row) => sum + row.size, 0)
    if (freed > 0) await write(call, transaction, upload.id, Math.max(0, current.in_progress_size - freed))
    await transaction.query(
      `insert into storage.s3_multipart_uploads_parts (id, upload_id, size, part_number, bucket_id, key, etag, owner_id, version)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        randomUUID(),
        upload.id,
        part.size,
        part.number,
        upload.bucket_id,
        upload.key,
        part.etag,
        call.owner ?? null,
        upload.version,
      ],
    )
  })
}

/** Parts in order, behind a number. */
export async function readParts(
  call: Call,
  id: string,
  options: { readonly after?: number; readonly limit?: number } = {},
): Promise<PartRow[]> {
  const { rows } = await call.database.run(call.service, transaction =>
    transaction.query<PartRow>(
      `select part_number, etag, size, created_at from storage.s3_multipart_uploads_parts
       where upload_id = $1 and part_number > $2 order by part_number limit $3`,
      [id, options.after ?? 0, options.limit ?? 10_000],
    ),
  )
  return rows
}

export async function deleteUpload(transaction: Transaction, id: string): Promise<void> {
  await transaction.query('delete from storage.s3_multipart_uploads where id = $1', [id])
}

async function readUpload(transaction: Transaction, id: string, lock = ''): Promise<UploadRow> {
  const { rows } = await transaction.query<UploadRow>(
    `select ${columns} from storage.s3_multipart_uploads where id = $1 ${lock}`,
    [id],
  )
  if (!rows[0]) throw errors.noSuchUpload(id)
  return rows[0]
}

async function change(call: Call, id: string, next: (size: number) => number): Promise<void> {
  await call.database.run(call.service, async transaction => {
    const { in_progress_size: size, upload_signature } = await readUpload(transaction, id, 'for update')
    const seals = [seal(call, size), upload_signature].map(text => Buffer.from(text.padEnd(64).slice(0, 64)))
    if (!timingSafeEqual(seals[0] as Buffer, seals[1] as Buffer)) throw errors.invalidUploadSignature()
    await write(call, transaction, id, next(size))
  })
}

async function write(call: Call, transaction: Transaction, id: string, size: number): Promise<void> {
  await transaction.query(
    'update storage.s3_multipart_uploads set in_progress_size = $2, upload_signature = $3 where id = $1',
    [id, size, seal(call, size)],
  )
}

/** The size is what limits are counted by, and rows can be edited: only the service can seal one. */
function seal(call: Call, size: number): string {
  return createHmac('sha256', call.settings.jwtSecret).update(`progress:${size}`).digest('hex')
}
