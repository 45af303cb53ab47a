import type { FastifyRequest } from '#http'
import { type Call, openCall } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors, StorageError } from '../errors.ts'

/** The row of a vector index. */
export interface IndexRow {
  readonly id: string
  readonly name: string
  readonly bucket_id: string
  readonly data_type: string
  readonly dimension: number
  readonly distance_metric: 'cosine' | 'euclidean'
  readonly metadata_configuration: { readonly nonFilterableMetadataKeys?: readonly string[] } | null
  readonly created_at: Date
}

/** Which index a request is about. */
export interface IndexName {
  readonly vectorBucketName: string
  readonly indexName: string
}

/** Vectors are for the service role alone: there are no policies on them. */
export async function openVectorCall(request: FastifyRequest, operation: string): Promise<Call> {
  const call = await openCall(request, { operation: `storage.vector.${operation}`, token: 'required' })
  if (!call.settings.vectors.enabled) throw errors.notSupported('vectorBuckets')
  if (call.caller.role !== call.settings.serviceRole) throw errors.wrongRole()
  return call
}

/** Runs work as the owner of the tables: nobody else may write them. */
export function asOwner<T>(call: Call, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  return call.database.run({ ...call.service, role: 'none' }, work)
}

export async function requireIndex(transaction: Transaction, wanted: IndexName): Promise<IndexRow> {
  const { rows } = await transaction.query<IndexRow>(
    'select * from storage.vector_indexes where bucket_id = $1 and name = $2',
    [wanted.vectorBucketName, wanted.indexName],
  )
  if (!rows[0]) throw errors.noSuchVectorResource(wanted.indexName)
  return rows[0]
}

/** Rethrows what the table refused as taken. */
export function whenTaken(resource: string, name: string): (error: unknown) => never {
  return error => {
    throw error instanceof StorageError && error.storageCode === 'ResourceAlreadyExists'
      ? errors.vectorConflict(resource, name)
      : error
  }
}

/** What is asked for of a list: how many, behind which name, beginning how. */
export interface PageWish {
  readonly maxResults?: number
  readonly nextToken?: string
  readonly prefix?: string
}

/** One page of rows that were asked for with one more than fit. */
export function pageOf<T>(
  rows: readonly T[],
  limit: number,
  nameOf: (row: T) => string,
): { page: readonly T[]; nextToken?: string } {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return rows.length > limit && last !== undefined ? { page, nextToken: nameOf(last) } : { page }
}

/** Seconds since 1970, as answers say when something was made. */
export function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1000)
}
