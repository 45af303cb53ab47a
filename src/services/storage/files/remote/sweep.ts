import type { RowNames, Upload } from '../port.ts'
import type { RemoteClient } from './client.ts'

interface RemoteSweepOptions {
  readonly prefix: string
  readonly rows: RowNames
  readonly busy: (version: string) => boolean
  readonly remove: (keys: readonly string[]) => Promise<void>
  readonly dropUpload: (upload: Upload) => Promise<void>
}

interface Listing {
  readonly Contents?: unknown
  readonly Upload?: unknown
  readonly IsTruncated?: string
  readonly NextContinuationToken?: string
}

/** Younger content may belong to an upload that is still under way. */
const youngMs = 60 * 60 * 1000
const youngUploadMs = 24 * 60 * 60 * 1000

/** Lists what the store has below the prefix and removes what no row names. */
export async function sweepRemotely(client: RemoteClient, options: RemoteSweepOptions): Promise<number> {
  return (await sweepObjects(client, options)) + (await sweepUploads(client, options))
}

async function sweepObjects(client: RemoteClient, options: RemoteSweepOptions): Promise<number> {
  const { prefix, rows, busy, remove } = options
  let removed = 0
  let token: string | undefined
  do {
    const query = {
      'list-type': '2',
      prefix,
      ...(token === undefined ? {} : { 'continuation-token': token }),
    }
    const page = (await client.xml({ method: 'GET', query }))['ListBucketResult'] as Listing
    const old = listOf<{ Key: string; LastModified: string }>(page.Contents).filter(
      entry => Date.now() - Date.parse(entry.LastModified) > youngMs,
    )
    const versions = old.map(entry => entry.Key.slice(prefix.length))
    const named = await rows.versions(versions)
    const orphans = versions.filter(version => !named.has(version) && !busy(version))
    if (orphans.length > 0) await remove(orphans.map(version => `${prefix}${version}`))
    removed += orphans.length
    token = page.IsTruncated === 'true' ? page.NextContinuationToken : undefined
  } while (token !== undefined)
  return removed
}

async function sweepUploads(client: RemoteClient, options: RemoteSweepOptions): Promise<number> {
  const { prefix, rows, dropUpload } = options
  const page = (await client.xml({ method: 'GET', query: { uploads: '', prefix } }))[
    'ListMultipartUploadsResult'
  ] as Listing
  const old = listOf<{ Key: string; UploadId: string; Initiated: string }>(page.Upload).filter(
    entry => Date.now() - Date.parse(entry.Initiated) > youngUploadMs,
  )
  const named = await rows.uploads(old.map(entry => entry.UploadId))
  const orphans = old.filter(entry => !named.has(entry.UploadId))
  for (const { UploadId, Key } of orphans) {
    await dropUpload({ id: UploadId, version: Key.slice(prefix.length) })
  }
  return orphans.length
}

/** XML does not say whether one element is a list. */
function listOf<T>(value: unknown): T[] {
  if (value === undefined || value === '') return []
  return (Array.isArray(value) ? value : [value]) as T[]
}
