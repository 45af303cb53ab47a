import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import { requireBucketName } from '../rules.ts'

export interface ListOptions {
  readonly prefix: string
  readonly limit?: number
  readonly offset?: number
  readonly search?: string
  readonly sortBy?: { readonly column?: string; readonly order?: string }
}

export interface ListV2Options {
  readonly prefix?: string
  readonly limit?: number
  readonly cursor?: string
  readonly with_delimiter?: boolean
  readonly sortBy?: { readonly column?: string; readonly order?: string }
}

interface Entry {
  readonly key?: string
  readonly name: string
  readonly id: string | null
  readonly created_at: Date | null
  readonly updated_at: Date | null
}

interface Cursor {
  readonly name: string
  readonly sorted?: string | undefined
}

const pageLimit = 1000

/** One folder of a bucket, by offset: names relative to the folder. */
export async function listFolder(call: Call, bucket: string, options: ListOptions): Promise<unknown[]> {
  requireBucketName(bucket)
  const { prefix, limit = 100, offset = 0, search = '', sortBy } = options
  // The prefix is always a folder.
  const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`
  const { rows } = await call.database.run(call.caller, transaction =>
    transaction.query('select * from storage.search($1, $2, $3, $4, $5, $6, $7, $8)', [
      folder,
      bucket,
      limit,
      folder.split('/').length,
      offset,
      search,
      sortBy?.column ?? 'name',
      sortBy?.order ?? 'asc',
    ]),
  )
  return rows
}

export interface Page {
  readonly hasNext: boolean
  readonly nextCursor?: string
  readonly nextCursorKey?: string
  readonly folders: unknown[]
  readonly objects: unknown[]
}

/** A bucket from a cursor on: whole keys, with folders apart when asked for. */
export async function listPage(call: Call, bucket: string, options: ListV2Options): Promise<Page> {
  requireBucketName(bucket)
  const limit = Math.min(options.limit ?? pageLimit, pageLimit)
  const cursor = readCursor(options.cursor)
  const column = options.sortBy?.column ?? 'name'
  const entries = options.with_delimiter
    ? await searchLevel(call, bucket, options, limit + 1, cursor)
    : await listFlat(call, bucket, options, limit + 1, cursor)
  const page = entries.slice(0, limit)
  const last = page.at(-1)
  const folders = page.filter(entry => entry.id === null)
  const objects = page.filter(entry => entry.id !== null)
  if (entries.length <= limit || !last) return { hasNext: false, folders, objects }
  const sorted = column === 'name' ? undefined : (last[column as 'created_at'] ?? undefined)?.toISOString()
  const nextCursor = writeCursor({ name: last.name, sorted })
  return { hasNext: true, nextCursor, nextCursorKey: last.name, folders, objects }
}

async function searchLevel(
  call: Call,
  bucket: string,
  { prefix = '', sortBy }: ListV2Options,
  limit: number,
  cursor: Cursor | undefined,
): Promise<Entry[]> {
  const { rows } = await call.database.run(call.caller, transaction =>
    transaction.query<Entry>('select * from storage.search_v2($1, $2, $3, $4, $5, $6, $7, $8)', [
      prefix,
      bucket,
      limit,
      prefix === '' ? 1 : prefix.split('/').length,
      cursor?.name ?? '',
      sortBy?.order ?? 'asc',
      sortBy?.column ?? 'name',
      cursor?.sorted ?? '',
    ]),
  )
  return rows
}

async function listFlat(
  call: Call,
  bucket: string,
  { prefix = '', sortBy }: ListV2Options,
  limit: number,
  cursor: Cursor | undefined,
): Promise<Entry[]> {
  const order = sortBy?.order === 'desc' ? 'desc' : 'asc'
  const after = order === 'asc' ? '>' : '<'
  const sorted =
    sortBy?.column === 'created_at' || sortBy?.column === 'updated_at'
      ? `date_trunc('milliseconds', ${sortBy.column})`
      : undefined
  const values: unknown[] = [bucket, prefix, limit]
  let from = ''
  if (cursor && sorted) {
    values.push(cursor.name, cursor.sorted ?? '1970-01-01')
    from = `and (${sorted}, name collate "C") ${after} ($5::timestamptz, $4)`
  } else if (cursor) {
    values.push(cursor.name)
    from = `and name collate "C" ${after} $4`
  }
  const { rows } = await call.database.run(call.caller, transaction =>
    transaction.query<Entry>(
      `select id, name, metadata, updated_at, created_at, last_accessed_at from storage.objects
       where bucket_id = $1 and name collate "C" >= $2 and name collate "C" < $2 || chr(1114111) ${from}
       order by ${sorted ? `${sorted} ${order}, ` : ''}name collate "C" ${order} limit $3`,
      values,
    ),
  )
  return rows
}

function writeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url')
}

function readCursor(text: string | undefined): Cursor | undefined {
  if (!text) return undefined
  try {
    const parsed = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Cursor
    const sorted = parsed.sorted === undefined || !Number.isNaN(Date.parse(parsed.sorted))
    if (typeof parsed.name === 'string' && sorted) return parsed
  } catch {
    // Not one of ours.
  }
  throw errors.invalidParameter('continuation token')
}
