import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import { requireNewBucketName } from '../rules.ts'
import { asOwner, type PageWish, pageOf, secondsOf, whenTaken } from './store.ts'

interface BucketRow {
  readonly id: string
  readonly created_at: Date
}

const mostOfPage = 500

export async function createVectorBucket(call: Call, name: string): Promise<void> {
  requireNewBucketName(name)
  const { maxBuckets } = call.settings.vectors
  await asOwner(call, async transaction => {
    // Counted and made by one at a time.
    await transaction.query("select pg_advisory_xact_lock(hashtextextended('storage.buckets_vectors', 0))")
    const { rows } = await transaction.query<{ count: number }>(
      'select count(*) as count from storage.buckets_vectors where id <> $1',
      [name],
    )
    if ((rows[0]?.count ?? 0) >= maxBuckets) throw errors.tooManyVectorBuckets(maxBuckets)
    await transaction.query('insert into storage.buckets_vectors (id) values ($1)', [name])
  }).catch(whenTaken('vector bucket', name))
}

export async function getVectorBucket(call: Call, name: string): Promise<object> {
  const { rows } = await asOwner(call, transaction =>
    transaction.query<BucketRow>('select id, created_at from storage.buckets_vectors where id = $1', [name]),
  )
  if (!rows[0]) throw errors.noSuchVectorResource(name)
  return { vectorBucket: render(rows[0]) }
}

export async function listVectorBuckets(call: Call, wish: PageWish): Promise<object> {
  const limit = Math.min(wish.maxResults ?? mostOfPage, mostOfPage)
  const { rows } = await asOwner(call, transaction =>
    transaction.query<BucketRow>(
      `select id, created_at from storage.buckets_vectors
       where starts_with(id, $1) and ($2 = '' or id collate "C" > $2) order by id collate "C" limit $3`,
      [wish.prefix ?? '', wish.nextToken ?? '', limit + 1],
    ),
  )
  const { page, nextToken } = pageOf(rows, limit, row => row.id)
  return { vectorBuckets: page.map(render), nextToken }
}

/** Deletes a bucket without indexes; one that is not there counts as deleted. */
export async function deleteVectorBucket(call: Call, name: string): Promise<void> {
  await asOwner(call, async transaction => {
    await transaction.query('select 1 from storage.buckets_vectors where id = $1 for update', [name])
    const { rows } = await transaction.query(
      'select 1 from storage.vector_indexes where bucket_id = $1 limit 1',
      [name],
    )
    if (rows.length > 0) throw errors.vectorBucketNotEmpty(name)
    await transaction.query('delete from storage.buckets_vectors where id = $1', [name])
  })
}

function render({ id, created_at }: BucketRow): object {
  return { vectorBucketName: id, creationTime: secondsOf(created_at) }
}
