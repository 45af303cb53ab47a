import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import { fromBytes, toBytes, toNumbers } from './numbers.ts'
import { asOwner, type IndexName, pageOf, requireIndex } from './store.ts'

type Scalar = string | number | boolean
export type VectorMetadata = Readonly<Record<string, Scalar | readonly Scalar[]>>

interface NewVector {
  readonly key: string
  readonly data: { readonly float32: readonly number[] }
  readonly metadata?: VectorMetadata
}

interface VectorRow {
  readonly key: string
  readonly embedding?: Buffer
  readonly metadata?: VectorMetadata
}

/** What an answer tells of each vector besides its key. */
export interface Shown {
  readonly returnData?: boolean
  readonly returnMetadata?: boolean
}

const mostOfPage = 500
/** Rows of one statement: it holds them as text, twice their size. */
const rowsAtOnce = 50

/** Stores vectors; one whose key is there already is replaced. All of them, or none. */
export async function putVectors(
  call: Call,
  wish: IndexName & { readonly vectors: readonly NewVector[] },
): Promise<void> {
  const keys = new Set(wish.vectors.map(vector => vector.key))
  if (keys.size < wish.vectors.length)
    throw errors.invalidParameter('vectors', 'Request must not contain duplicate keys')
  for (const { key, metadata } of wish.vectors) requireMetadata(key, metadata)
  await asOwner(call, async transaction => {
    const index = await requireIndex(transaction, wish)
    // In one order, so that two writers do not wait for each other.
    const sorted = wish.vectors.toSorted((a, b) => (a.key < b.key ? -1 : 1))
    for (let at = 0; at < sorted.length; at += rowsAtOnce) {
      const rows = sorted.slice(at, at + rowsAtOnce)
      await transaction.query(
        `insert into storage.vectors (index_id, key, embedding, metadata)
         select $1, * from unnest($2::text[], $3::bytea[], $4::jsonb[])
         on conflict (index_id, key) do update set embedding = excluded.embedding, metadata = excluded.metadata`,
        [
          index.id,
          rows.map(row => row.key),
          rows.map(row => toBytes(row.data.float32, index.dimension, `vector "${row.key}"`)),
          rows.map(row => JSON.stringify(row.metadata ?? {})),
        ],
      )
    }
  })
}

export async function getVectors(
  call: Call,
  wish: IndexName & Shown & { readonly keys: readonly string[] },
): Promise<object> {
  const rows = await asOwner(call, async transaction => {
    const index = await requireIndex(transaction, wish)
    const found = await transaction.query<VectorRow>(
      `select ${columnsOf(wish)} from storage.vectors where index_id = $1 and key = any($2::text[]) order by key`,
      [index.id, wish.keys],
    )
    return found.rows
  })
  return { vectors: rows.map(render) }
}

export interface VectorListWish extends IndexName, Shown {
  readonly maxResults?: number
  readonly nextToken?: string
  readonly segmentCount?: number
  readonly segmentIndex?: number
}

/** Vectors by key; of `segmentCount` parts only one, so that several readers can share the work. */
export async function listVectors(call: Call, wish: VectorListWish): Promise<object> {
  const limit = wish.maxResults ?? mostOfPage
  const { segmentCount, segmentIndex } = wish
  if ((segmentCount === undefined) !== (segmentIndex === undefined))
    throw errors.invalidParameter(
      'segmentCount/segmentIndex',
      'segmentCount and segmentIndex must be provided together',
    )
  if (segmentCount !== undefined && segmentIndex !== undefined && segmentIndex >= segmentCount)
    throw errors.invalidParameter('segmentIndex', 'segmentIndex must be less than segmentCount')
  const rows = await asOwner(call, async transaction => {
    const index = await requireIndex(transaction, wish)
    const found = await transaction.query<VectorRow>(
      `select ${columnsOf(wish)} from storage.vectors
       where index_id = $1 and ($2 = '' or key > $2) and ($3::bigint is null or mod(abs(hashtext(key)::bigint), $3) = $4)
       order by key limit $5`,
      [index.id, wish.nextToken ?? '', segmentCount ?? null, segmentIndex ?? null, limit + 1],
    )
    return found.rows
  })
  const { page, nextToken } = pageOf(rows, limit, row => row.key)
  return { vectors: page.map(render), nextToken }
}

/** Those that are not there count as deleted. */
export async function deleteVectors(
  call: Call,
  wish: IndexName & { readonly keys: readonly string[] },
): Promise<void> {
  await asOwner(call, async transaction => {
    const index = await requireIndex(transaction, wish)
    await transaction.query('delete from storage.vectors where index_id = $1 and key = any($2::text[])', [
      index.id,
      wish.keys,
    ])
  })
}

function columnsOf({ returnData, returnMetadata }: Shown): string {
  return `key${returnData ? ', embedding' : ''}${returnMetadata ? ', metadata' : ''}`
}

function render({ key, embedding, metadata }: VectorRow): object {
  return { key, data: embedding && { float32: toNumbers(fromBytes(embedding)) }, metadata }
}

/** Filters know texts, numbers, truth values and lists of them; what they cannot ask for is not taken. */
function requireMetadata(key: string, metadata: VectorMetadata | undefined): void {
  for (const [name, value] of Object.entries(metadata ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (['string', 'number', 'boolean'].includes(typeof one)) continue
      throw errors.invalidParameter(
        'vectors.metadata',
        `Invalid metadata for vector "${key}": metadata field "${name}" must be a string, boolean, finite number, or a list of them`,
      )
    }
  }
}
