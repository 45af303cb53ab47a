import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { filterSql } from './filter.ts'
import { distanceTo, fromBytes, toFloats } from './numbers.ts'
import { asOwner, type IndexName, type IndexRow, requireIndex } from './store.ts'
import type { VectorMetadata } from './vectors.ts'

export interface QueryWish extends IndexName {
  readonly queryVector: { readonly float32: readonly number[] }
  readonly topK: number
  readonly filter?: unknown
  readonly returnDistance?: boolean
  readonly returnMetadata?: boolean
}

interface Neighbour {
  readonly key: string
  readonly distance: number
}

/** Bytes of embeddings that are read at once. */
const pageBytes = 1024 * 1024

/** The vectors that are nearest to one, nearest first. Every vector that passes the filter is looked at, so the answer is exact. */
export async function queryVectors(call: Call, wish: QueryWish): Promise<object> {
  return asOwner(call, async transaction => {
    const index = await requireIndex(transaction, wish)
    const nearest = await search(transaction, index, wish)
    const metadata = wish.returnMetadata
      ? await metadataOf(
          transaction,
          index,
          nearest.map(({ key }) => key),
        )
      : undefined
    return {
      vectors: nearest.map(({ key, distance }) => ({
        key,
        distance: wish.returnDistance ? distance : undefined,
        metadata: metadata?.get(key),
      })),
      distanceMetric: index.distance_metric,
    }
  })
}

async function search(transaction: Transaction, index: IndexRow, wish: QueryWish): Promise<Neighbour[]> {
  const wanted = toFloats(wish.queryVector.float32, index.dimension, 'queryVector')
  const distance = distanceTo(wanted, index.distance_metric)
  const limit = Math.max(1, Math.floor(pageBytes / (index.dimension * 4)))
  const values: unknown[] = [index.id, '', limit]
  const hidden = index.metadata_configuration?.nonFilterableMetadataKeys ?? []
  const where =
    wish.filter === undefined
      ? ''
      : `and (${filterSql(wish.filter, hidden, value => `$${values.push(value)}`)})`
  const nearest: Neighbour[] = []
  for (;;) {
    const { rows } = await transaction.query<{ key: string; embedding: Buffer }>(
      `select key, embedding from storage.vectors where index_id = $1 and key > $2 ${where} order by key limit $3`,
      values,
    )
    for (const { key, embedding } of rows)
      insert(nearest, { key, distance: distance(fromBytes(embedding)) }, wish.topK)
    if (rows.length < limit) return nearest
    values[1] = rows.at(-1)?.key
  }
}

/** Keeps the nearest so many, in order; of two at the same distance, the one that was seen first. */
function insert(nearest: Neighbour[], one: Neighbour, most: number): void {
  if (nearest.length === most && one.distance >= (nearest.at(-1)?.distance ?? 0)) return
  const at = nearest.findIndex(other => other.distance > one.distance)
  nearest.splice(at < 0 ? nearest.length : at, 0, one)
  if (nearest.length > most) nearest.pop()
}

async function metadataOf(
  transaction: Transaction,
  index: IndexRow,
  keys: readonly string[],
): Promise<Map<string, VectorMetadata>> {
  const { rows } = await transaction.query<{ key: string; metadata: VectorMetadata }>(
    'select key, metadata from storage.vectors where index_id = $1 and key = any($2::text[])',
    [index.id, keys],
  )
  return new Map(rows.map(row => [row.key, row.metadata]))
}
