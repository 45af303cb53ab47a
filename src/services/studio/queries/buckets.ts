import type { Reader } from '../database.ts'

export interface Bucket {
  readonly id: string
  readonly public: boolean
  readonly fileSizeLimit: number | null
  readonly allowedMimeTypes: readonly string[] | null
  readonly objects: number
  readonly bytes: number
  readonly createdAt: Date
}

export interface StoredObject {
  readonly name: string
  readonly bytes: number | null
  readonly type: string | null
  readonly owner: string | null
  readonly updatedAt: Date | null
}

/** Buckets of the storage service with what is in them; null when it has made no tables yet. */
export async function listBuckets(reader: Reader): Promise<Bucket[] | null> {
  if (!(await hasStorage(reader))) return null
  const { rows } = await reader.query<Bucket>(`
    select b.id, coalesce(b.public, false) as public, b.file_size_limit::float8 as "fileSizeLimit",
      b.allowed_mime_types as "allowedMimeTypes", count(o.id)::int as objects,
      coalesce(sum((o.metadata ->> 'size')::float8), 0) as bytes, b.created_at as "createdAt"
    from storage.buckets b left join storage.objects o on o.bucket_id = b.id
    group by b.id order by b.created_at, b.id`)
  return rows
}

/** Objects of a bucket by name. */
export async function listObjects(
  reader: Reader,
  bucket: string,
  options: { limit: number; offset: number; search?: string | undefined },
): Promise<{ objects: StoredObject[]; total: number } | null> {
  if (!(await hasStorage(reader))) return null
  const { rows } = await reader.query<StoredObject & { total: number }>(
    `select o.name, (o.metadata ->> 'size')::float8 as bytes, o.metadata ->> 'mimetype' as type, o.owner_id as owner,
       o.updated_at as "updatedAt", count(*) over ()::int as total
     from storage.objects o where o.bucket_id = $1 and ($4 = '' or o.name ilike '%' || $4 || '%')
     order by o.name collate "C" limit $2 offset $3`,
    [bucket, options.limit, options.offset, (options.search ?? '').replaceAll(/[\\%_]/g, '\\$&')],
  )
  return { objects: rows.map(({ total: _, ...object }) => object), total: rows[0]?.total ?? 0 }
}

async function hasStorage(reader: Reader): Promise<boolean> {
  const { rows } = await reader.query<{ there: boolean }>(
    `select to_regclass('storage.objects') is not null as there`,
  )
  return rows[0]?.there ?? false
}
