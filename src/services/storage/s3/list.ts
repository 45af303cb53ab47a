import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import type { ObjectMetadata } from '../objects/rows.ts'
import { bucketRules } from '../objects/upload.ts'
import { encodeStrictly } from '../sigv4/canonical.ts'
import { type S3Answer, type S3Call, wholeNumber } from './call.ts'

interface Entry {
  readonly id: string | null
  readonly name: string
  readonly metadata: ObjectMetadata | null
  readonly updated_at: Date | null
}

interface Page {
  readonly folders: readonly Entry[]
  readonly objects: readonly Entry[]
  /** The last name of a page that is not the last. */
  readonly next: string | undefined
}

const mostKeys = 1000

/** ListObjectsV2. */
export async function listObjectsV2(s3: S3Call): Promise<S3Answer> {
  const { query, bucket } = s3
  const token = query.get('continuation-token') ?? undefined
  const startAfter = query.get('start-after') ?? undefined
  const { say, shared, page } = await list(s3, token === undefined ? (startAfter ?? '') : readToken(token))
  return {
    document: {
      ListBucketResult: {
        Name: bucket,
        Prefix: shared.prefix,
        ContinuationToken: token,
        StartAfter: say(startAfter),
        Contents: contents(page, say),
        IsTruncated: page.next !== undefined,
        MaxKeys: shared.maxKeys,
        Delimiter: shared.delimiter,
        EncodingType: shared.encodingType,
        KeyCount: page.objects.length + page.folders.length,
        CommonPrefixes: prefixes(page, say),
        NextContinuationToken: page.next === undefined ? undefined : writeToken(page.next),
      },
    },
  }
}

/** ListObjects, the older form: pages go on behind a name. */
export async function listObjects(s3: S3Call): Promise<S3Answer> {
  const { query, bucket } = s3
  const marker = query.get('marker') ?? undefined
  const { say, shared, page } = await list(s3, marker ?? '')
  return {
    document: {
      ListBucketResult: {
        Name: bucket,
        Prefix: shared.prefix,
        Delimiter: shared.delimiter,
        Marker: say(marker) ?? '',
        NextMarker: shared.delimiter === undefined ? undefined : say(page.next),
        MaxKeys: shared.maxKeys,
        IsTruncated: page.next !== undefined,
        Contents: contents(page, say),
        CommonPrefixes: prefixes(page, say),
        EncodingType: shared.encodingType,
      },
    },
  }
}

/** ListObjectVersions: of each object there is one version, and as with Amazon's unversioned buckets it is called "null". */
export async function listVersions(s3: S3Call): Promise<S3Answer> {
  const { query, bucket } = s3
  const marker = query.get('key-marker') ?? undefined
  const { say, shared, page } = await list(s3, marker ?? '')
  return {
    document: {
      ListVersionsResult: {
        Name: bucket,
        Prefix: shared.prefix,
        KeyMarker: say(marker) ?? '',
        VersionIdMarker: query.get('version-id-marker') ?? '',
        NextKeyMarker: say(page.next),
        NextVersionIdMarker: page.next === undefined ? undefined : 'null',
        MaxKeys: shared.maxKeys,
        Delimiter: shared.delimiter,
        IsTruncated: page.next !== undefined,
        Version: contents(page, say)?.map(entry => ({ ...entry, VersionId: 'null', IsLatest: true })),
        CommonPrefixes: prefixes(page, say),
        EncodingType: shared.encodingType,
      },
    },
  }
}

export function writeToken(name: string): string {
  return Buffer.from(`l:${name}`).toString('base64')
}

export function readToken(token: string): string {
  const text = Buffer.from(token, 'base64').toString('utf8')
  if (!text.startsWith('l:')) throw errors.invalidParameter('continuation token')
  return text.slice(2)
}

/** How names are said: percent-encoded when the client asks for it. */
export function sayer(encodingType: string | undefined): (name: string | undefined) => string | undefined {
  return name => (name !== undefined && encodingType === 'url' ? encodeStrictly(name) : name)
}

export function encodingTypeOf({ query }: S3Call): string | undefined {
  const encodingType = query.get('encoding-type') || undefined
  if (encodingType !== undefined && encodingType !== 'url') throw errors.invalidParameter('encoding-type')
  return encodingType
}

async function list(s3: S3Call, after: string) {
  const { call, bucket, query } = s3
  const encodingType = encodingTypeOf(s3)
  const say = sayer(encodingType)
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') || undefined
  const asked = wholeNumber(s3, 'max-keys', { min: 0, max: 2 ** 31 }) ?? mostKeys
  const maxKeys = Math.min(asked, mostKeys)
  await bucketRules(call, bucket)
  const page = await readPage(call, bucket, { prefix, delimiter, after, limit: maxKeys })
  return { say, page, shared: { prefix: say(prefix), delimiter: say(delimiter), maxKeys, encodingType } }
}

async function readPage(
  call: Call,
  bucket: string,
  options: { prefix: string; delimiter: string | undefined; after: string; limit: number },
): Promise<Page> {
  const { prefix, delimiter, after, limit } = options
  if (limit === 0) return { folders: [], objects: [], next: undefined }
  const { rows } = await call.database.run(call.caller, transaction =>
    delimiter === undefined
      ? transaction.query<Entry>(
          `select id, name, metadata, updated_at from storage.objects
           where bucket_id = $1 and name collate "C" >= $2 and name collate "C" < $2 || chr(1114111) and name collate "C" > $3
           order by name collate "C" limit $4`,
          [bucket, prefix, after, limit + 1],
        )
      : transaction.query<Entry>(
          'select id, name, metadata, updated_at from storage.list_objects_with_delimiter($1, $2, $3, $4, $5)',
          [bucket, prefix, delimiter, limit + 1, after],
        ),
  )
  const page = rows.slice(0, limit)
  return {
    folders: page.filter(entry => entry.id === null),
    objects: page.filter(entry => entry.id !== null),
    next: rows.length > limit ? page.at(-1)?.name : undefined,
  }
}

function contents({ objects }: Page, say: ReturnType<typeof sayer>) {
  return objects.length === 0
    ? undefined
    : objects.map(({ name, updated_at, metadata }) => ({
        Key: say(name),
        LastModified: updated_at ?? undefined,
        ETag: metadata?.eTag,
        Size: metadata?.size ?? 0,
        StorageClass: 'STANDARD',
      }))
}

function prefixes({ folders }: Page, say: ReturnType<typeof sayer>) {
  return folders.length === 0 ? undefined : folders.map(({ name }) => ({ Prefix: say(name) }))
}
