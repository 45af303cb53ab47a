import type { Transaction } from '../database/database.ts'
import type { Statement } from '../database/statement.ts'
import { errors, StorageError } from '../errors.ts'
import { isUuid } from '../rules.ts'

/** `metadata` of an object's row: what the system knows about the bytes. */
export interface ObjectMetadata {
  readonly eTag?: string
  readonly size?: number
  readonly mimetype?: string
  readonly cacheControl?: string
  readonly contentEncoding?: string
  /** ISO 8601 */
  readonly lastModified?: string
  readonly contentLength?: number
  readonly httpStatusCode?: number
  readonly xRobotsTag?: string
}

export interface ObjectRow {
  readonly id: string
  readonly bucket_id: string
  readonly name: string
  readonly owner: string | null
  readonly owner_id: string | null
  readonly version: string | null
  readonly metadata: ObjectMetadata | null
  readonly user_metadata: Record<string, unknown> | null
  readonly created_at: Date
  readonly updated_at: Date
  readonly last_accessed_at: Date
}

/** What a write puts into a row; what is undefined stays as it is. */
export interface ObjectChange {
  readonly bucket_id: string
  readonly name: string
  readonly owner?: string | undefined
  readonly version?: string
  readonly metadata?: ObjectMetadata
  readonly user_metadata?: Record<string, unknown> | null | undefined
}

const columns =
  'id, bucket_id, name, owner, owner_id, version, metadata, user_metadata, created_at, updated_at, last_accessed_at'

export async function findObject(
  transaction: Transaction,
  bucket: string,
  name: string,
  options: { forUpdate?: boolean } = {},
): Promise<ObjectRow | undefined> {
  const { text, values } = findingObject(bucket, name, options)
  const { rows } = await transaction.query<ObjectRow>(text, values as unknown[])
  return rows[0]
}

export function findingObject(
  bucket: string,
  name: string,
  options: { forUpdate?: boolean } = {},
): Statement {
  return {
    text: `select ${columns} from storage.objects where bucket_id = $1 and name = $2 limit 1${options.forUpdate ? ' for update' : ''}`,
    values: [bucket, name],
  }
}

export async function requireObject(
  transaction: Transaction,
  bucket: string,
  name: string,
  options: { forUpdate?: boolean } = {},
): Promise<ObjectRow> {
  const row = await findObject(transaction, bucket, name, options)
  if (!row) throw errors.noSuchKey(name)
  return row
}

/** Inserts without reading back, so that INSERT is all the permission it takes. */
export function insertingObject(change: ObjectChange): Statement {
  const { names, values } = assignments(change)
  return {
    text: `insert into storage.objects (${names.join(', ')}) values (${names.map((_, i) => `$${i + 1}`).join(', ')})`,
    values,
  }
}

/** Inserts and reads the row back; no row when there is one of that name. */
export function insertingNewObject(change: ObjectChange): Statement {
  const { text, values = [] } = insertingObject(change)
  return { text: `${text} on conflict (name, bucket_id) do nothing returning ${columns}`, values }
}

/** Inserts or replaces, and reads the row back. */
export function upsertingObject(change: ObjectChange): Statement {
  const { text, values = [] } = insertingObject(change)
  const updates = assignments(change).names.filter(name => name !== 'name' && name !== 'bucket_id')
  return {
    text: `${text} on conflict (name, bucket_id) do update set ${updates.map(name => `${name} = excluded.${name}`).join(', ')}
     returning ${columns}`,
    values,
  }
}

export async function upsertObject(transaction: Transaction, change: ObjectChange): Promise<ObjectRow> {
  const { text, values } = upsertingObject(change)
  const { rows } = await transaction.query<ObjectRow>(text, values as unknown[])
  return rows[0] as ObjectRow
}

/** Changes the row of that name; undefined when the caller may not, or there is none. */
export async function updateObject(
  transaction: Transaction,
  bucket: string,
  name: string,
  change: ObjectChange,
): Promise<ObjectRow | undefined> {
  const { names, values } = assignments(change)
  const { rows } = await transaction.query<ObjectRow>(
    `update storage.objects set ${names.map((column, i) => `${column} = $${i + 1}`).join(', ')}
     where bucket_id = $${values.length + 1} and name = $${values.length + 2} returning ${columns}`,
    [...values, bucket, name],
  )
  return rows[0]
}

/** Deletes rows by name or id; returns those that went. */
export async function deleteObjects(
  transaction: Transaction,
  bucket: string,
  by: 'name' | 'id',
  wanted: readonly string[],
): Promise<ObjectRow[]> {
  const { rows } = await transaction.query<ObjectRow>(
    `delete from storage.objects where bucket_id = $1 and ${by} = any($2::${by === 'id' ? 'uuid' : 'text'}[]) returning ${columns}`,
    [bucket, wanted],
  )
  return rows
}

/** Deletes rows by name, and where a version is named too, only while it is the current one; returns those that went. */
export async function deleteWished(
  transaction: Transaction,
  bucket: string,
  wanted: readonly { readonly path: string; readonly versionId?: string }[],
): Promise<ObjectRow[]> {
  const { rows } = await transaction.query<ObjectRow>(
    `delete from storage.objects o where bucket_id = $1 and name = any($2::text[]) and exists (
       select from unnest($2::text[], $3::text[]) as wished (name, version)
       where wished.name = o.name and (wished.version is null or wished.version = o.version)
     ) returning ${columns}`,
    [bucket, wanted.map(({ path }) => path), wanted.map(({ versionId }) => versionId ?? null)],
  )
  return rows
}

/** Lets one writer at a time complete an object of that name; the next waits at most five seconds. */
export function lockingName(bucket: string, name: string): Statement {
  return {
    text: `select set_config('lock_timeout', '5s', true), pg_advisory_xact_lock(hashtextextended($1, 0))`,
    values: [`${bucket}/${name}`],
  }
}

/** Rethrows, in the words of who waited for a name. */
export function whenLocked(error: unknown): never {
  throw error instanceof StorageError && error.storageCode === 'ResourceLocked'
    ? errors.lockTimeout(error)
    : error
}

/** The version files of rows, for removal. */
export function versionsOf(rows: readonly { version: string | null }[]): string[] {
  return rows.flatMap(row => (row.version ? [row.version] : []))
}

/** A row as answers show it. */
export function renderObject(row: ObjectRow): Record<string, unknown> {
  return { ...row, owner: row.owner ?? '', owner_id: row.owner_id ?? '', version: row.version ?? '' }
}

function assignments(change: ObjectChange): { names: string[]; values: unknown[] } {
  const all: Record<string, unknown> = {
    name: change.name,
    bucket_id: change.bucket_id,
    owner: isUuid(change.owner) ? change.owner : undefined,
    owner_id: change.owner,
    version: change.version,
    metadata: change.metadata,
    user_metadata: change.user_metadata,
  }
  const set = Object.entries(all).filter(([, value]) => value !== undefined)
  return { names: set.map(([name]) => name), values: set.map(([, value]) => value) }
}
