import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import {
  asOwner,
  type IndexName,
  type IndexRow,
  type PageWish,
  pageOf,
  requireIndex,
  secondsOf,
  whenTaken,
} from './store.ts'

export interface NewIndex extends IndexName {
  readonly dataType: 'float32'
  readonly dimension: number
  readonly distanceMetric: 'cosine' | 'euclidean'
  readonly metadataConfiguration?: { readonly nonFilterableMetadataKeys: readonly string[] }
}

const mostOfPage = 500

export async function createVectorIndex(call: Call, index: NewIndex): Promise<void> {
  const { maxIndexes } = call.settings.vectors
  const bucket = index.vectorBucketName
  await asOwner(call, async transaction => {
    const found = await transaction.query('select 1 from storage.buckets_vectors where id = $1 for update', [
      bucket,
    ])
    if (found.rows.length === 0) throw errors.noSuchVectorResource(bucket)
    const { rows } = await transaction.query<{ count: number }>(
      'select count(*) as count from storage.vector_indexes where bucket_id = $1 and name <> $2',
      [bucket, index.indexName],
    )
    if ((rows[0]?.count ?? 0) >= maxIndexes) throw errors.tooManyVectorIndexes(maxIndexes)
    await transaction.query(
      `insert into storage.vector_indexes (bucket_id, name, data_type, dimension, distance_metric, metadata_configuration)
       values ($1, $2, $3, $4, $5, $6)`,
      [
        bucket,
        index.indexName,
        index.dataType,
        index.dimension,
        index.distanceMetric,
        index.metadataConfiguration ?? null,
      ],
    )
  }).catch(whenTaken('vector index', index.indexName))
}

export async function getVectorIndex(call: Call, wanted: IndexName): Promise<object> {
  const index = await asOwner(call, transaction => requireIndex(transaction, wanted))
  return {
    index: {
      indexName: index.name,
      vectorBucketName: index.bucket_id,
      dataType: index.data_type,
      dimension: index.dimension,
      distanceMetric: index.distance_metric,
      metadataConfiguration: index.metadata_configuration ?? undefined,
      creationTime: secondsOf(index.created_at),
    },
  }
}

export async function listVectorIndexes(
  call: Call,
  wish: PageWish & { readonly vectorBucketName: string },
): Promise<object> {
  const limit = Math.min(wish.maxResults ?? mostOfPage, mostOfPage)
  const { rows } = await asOwner(call, transaction =>
    transaction.query<Pick<IndexRow, 'name' | 'bucket_id' | 'created_at'>>(
      `select name, bucket_id, created_at from storage.vector_indexes
       where bucket_id = $1 and starts_with(name, $2) and ($3 = '' or name > $3) order by name limit $4`,
      [wish.vectorBucketName, wish.prefix ?? '', wish.nextToken ?? '', limit + 1],
    ),
  )
  const { page, nextToken } = pageOf(rows, limit, row => row.name)
  const indexes = page.map(({ name, bucket_id, created_at }) => ({
    indexName: name,
    vectorBucketName: bucket_id,
    creationTime: secondsOf(created_at),
  }))
  return { indexes, nextToken }
}

/** The vectors in it go with it. */
export async function deleteVectorIndex(call: Call, wanted: IndexName): Promise<void> {
  await asOwner(call, async transaction => {
    const { id } = await requireIndex(transaction, wanted)
    await transaction.query('delete from storage.vector_indexes where id = $1', [id])
  })
}
