import type pg from 'pg'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import {
  isUuid,
  parseFileSize,
  requireBucketName,
  requireMimePatterns,
  requireNewBucketName,
} from '../rules.ts'
import { deletingRows } from './remove.ts'
import { deleteObjects, type ObjectRow } from './rows.ts'

export interface BucketInput {
  readonly public?: boolean
  readonly file_size_limit?: number | string | null
  readonly allowed_mime_types?: string[] | null
}

export interface BucketListOptions {
  readonly limit?: number
  readonly offset?: number
  readonly sortColumn?: string
  readonly sortOrder?: string
  readonly search?: string
}

const columns = 'id, name, owner, public, type, file_size_limit, allowed_mime_types, created_at, updated_at'
const emptyAtOnce = 1000

export async function createBucket(
  call: Call,
  input: BucketInput & { name: string; id?: string },
): Promise<void> {
  const id = input.id || input.name
  requireNewBucketName(input.name)
  requireNewBucketName(id)
  const rules = readRules(call, input)
  await call.database
    .run(call.caller, transaction =>
      transaction.query(
        `insert into storage.buckets (id, name, owner, owner_id, public, file_size_limit, allowed_mime_types, type)
         values ($1, $2, $3, $4, $5, $6, $7, 'STANDARD')`,
        [
          id,
          input.name,
          isUuid(call.owner) ? call.owner : null,
          call.owner ?? null,
          input.public ?? false,
          rules.file_size_limit ?? null,
          rules.allowed_mime_types ?? null,
        ],
      ),
    )
    .catch(error => {
      throw error.storageCode === 'ResourceAlreadyExists' ? errors.bucketExists(id) : error
    })
}

export async function listBuckets(call: Call, options: BucketListOptions = {}): Promise<pg.QueryResultRow[]> {
  const values: unknown[] = []
  const bind = (value: unknown) => `$${values.push(value)}`
  const where = options.search ? `where name ilike ${bind(`%${escapeLike(options.search)}%`)}` : ''
  const order = options.sortColumn
    ? `order by ${options.sortColumn} ${options.sortOrder === 'desc' ? 'desc' : 'asc'}`
    : 'order by created_at, id'
  const limit = options.limit === undefined ? '' : `limit ${bind(options.limit)}`
  const offset = options.offset === undefined ? '' : `offset ${bind(options.offset)}`
  const { rows } = await call.database.run(call.caller, transaction =>
    transaction.query(`select ${columns} from storage.buckets ${where} ${order} ${limit} ${offset}`, values),
  )
  return rows.map(render)
}

export async function getBucket(call: Call, id: string): Promise<pg.QueryResultRow> {
  const bucket = await call.database.run(call.caller, transaction => findBucket(transaction, id))
  if (!bucket) throw errors.noSuchBucket(id)
  return render(bucket)
}

export async function updateBucket(call: Call, id: string, input: BucketInput): Promise<void> {
  requireBucketName(id)
  const changes = Object.entries({ public: input.public, ...readRules(call, input) }).filter(
    ([, value]) => value !== undefined,
  )
  if (changes.length === 0) throw errors.noContent()
  const { rowCount } = await call.database.run(call.caller, transaction =>
    transaction.query(
      `update storage.buckets set ${changes.map(([column], i) => `${column} = $${i + 2}`).join(', ')}, updated_at = now() where id = $1`,
      [id, ...changes.map(([, value]) => value)],
    ),
  )
  if (rowCount === 0) throw errors.noSuchBucket(id)
}

/**
 * Deletes a bucket without objects. Whether it has any is asked of all rows, not only those that the caller sees; but who does not see
 * the bucket learns nothing of it.
 */
export async function deleteBucket(call: Call, id: string): Promise<void> {
  await call.database.run(call.service, async transaction => {
    await transaction.as(call.caller)
    if (!(await findBucket(transaction, id))) throw errors.noSuchBucket(id)
    await transaction.as(call.service)
    if (!(await findBucket(transaction, id, 'for update'))) throw errors.noSuchBucket(id)
    const { rows } = await transaction.query('select 1 from storage.objects where bucket_id = $1 limit 1', [
      id,
    ])
    if (rows.length > 0) throw errors.bucketNotEmpty(id)
    await transaction.query('delete from storage.s3_multipart_uploads where bucket_id = $1', [id])
    await transaction.as(call.caller)
    const { rowCount } = await transaction.query('delete from storage.buckets where id = $1', [id])
    if (rowCount === 0) throw errors.noSuchBucket(id)
  })
}

/** Deletes all objects that the caller sees, a thousand at a time; stops with an error when one may not be deleted. */
export async function emptyBucket(call: Call, id: string): Promise<void> {
  await getBucket(call, id)
  const { emptyBucketMax } = call.settings
  const { rows } = await call.database.run(call.caller, transaction =>
    transaction.query<{ count: number }>(
      'select count(*) as count from (select 1 from storage.objects where bucket_id = $1 limit $2) as found',
      [id, emptyBucketMax + 1],
    ),
  )
  if ((rows[0]?.count ?? 0) > emptyBucketMax) throw errors.bucketTooFull(id)
  for (;;) {
    const { rows: seen } = await call.database.run(call.caller, transaction =>
      transaction.query<ObjectRow>('select id, name from storage.objects where bucket_id = $1 limit $2', [
        id,
        emptyAtOnce,
      ]),
    )
    if (seen.length === 0) return
    const deleted = await deletingRows(call, call.caller, transaction =>
      deleteObjects(
        transaction,
        id,
        'id',
        seen.map(row => row.id),
      ),
    )
    if (deleted.length !== seen.length) {
      const names = new Set(deleted.map(row => row.name))
      const left = seen.filter(row => !names.has(row.name)).map(row => row.name)
      throw errors.accessDenied(
        `Cannot delete: ${left.join(' ,')}, you may have SELECT but not DELETE permissions`,
      )
    }
  }
}

async function findBucket(
  transaction: Transaction,
  id: string,
  lock = '',
): Promise<pg.QueryResultRow | undefined> {
  return (await transaction.query(`select ${columns} from storage.buckets where id = $1 ${lock}`, [id]))
    .rows[0]
}

function readRules(
  call: Call,
  input: BucketInput,
): { file_size_limit: number | null | undefined; allowed_mime_types: string[] | null | undefined } {
  const limit = input.file_size_limit
  const bytes = limit === undefined || limit === null ? limit : parseFileSize(limit)
  if (bytes && bytes > call.settings.fileSizeLimit) throw errors.tooLarge()
  const patterns = input.allowed_mime_types?.filter(Boolean) ?? input.allowed_mime_types
  if (patterns) requireMimePatterns(patterns)
  return { file_size_limit: bytes, allowed_mime_types: patterns }
}

function render(row: pg.QueryResultRow): pg.QueryResultRow {
  return { ...row, owner: row['owner'] ?? '' }
}

function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, '\\$&')
}
