import { errors } from '../errors.ts'
import { bucketRules } from '../objects/upload.ts'
import { type S3Answer, type S3Call, wholeNumber } from './call.ts'
import { encodingTypeOf, readToken, sayer, writeToken } from './list.ts'

interface UploadEntry {
  readonly key: string
  readonly id: string
  readonly created_at: Date
}

/** ListMultipartUploads, as far as the signer may see the rows. */
export async function listUploads(s3: S3Call): Promise<S3Answer> {
  const { call, bucket, query } = s3
  const encodingType = encodingTypeOf(s3)
  const say = sayer(encodingType)
  const limit = wholeNumber(s3, 'max-uploads', { min: 1, max: 1000 }) ?? 1000
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const keyMarker = query.get('key-marker') || undefined
  const idMarker = query.get('upload-id-marker') || undefined
  await bucketRules(call, bucket)
  const { rows } = await call.database.run(call.caller, transaction =>
    delimiter === ''
      ? transaction.query<UploadEntry>(
          `select key, id, created_at from storage.s3_multipart_uploads
           where bucket_id = $1 and starts_with(key, $2) and ($3 = '' or (key, id collate "C") > ($3, $4))
           order by key, id collate "C" limit $5`,
          [bucket, prefix, marker(keyMarker), marker(idMarker) || '\u{10ffff}', limit + 1],
        )
      : transaction.query<UploadEntry>(
          'select key, id, created_at from storage.list_multipart_uploads_with_delimiter($1, $2, $3, $4, $5, $6)',
          [bucket, prefix, delimiter, limit + 1, marker(keyMarker), ''],
        ),
  )
  const page = rows.slice(0, limit)
  const last = rows.length > limit ? page.at(-1) : undefined
  const isFolder = ({ key }: UploadEntry) => delimiter !== '' && key.slice(prefix.length).includes(delimiter)
  const uploads = page.filter(entry => !isFolder(entry))
  const folders = page.filter(isFolder)
  return {
    document: {
      ListMultipartUploadsResult: {
        Bucket: bucket,
        Prefix: say(prefix),
        KeyMarker: keyMarker ?? '',
        UploadIdMarker: idMarker ?? '',
        NextKeyMarker: last && writeToken(last.key),
        NextUploadIdMarker: last && writeToken(last.id),
        Upload:
          uploads.length === 0
            ? undefined
            : uploads.map(({ key, id, created_at }) => ({
                Key: say(key),
                Initiated: created_at,
                UploadId: id,
                StorageClass: 'STANDARD',
              })),
        IsTruncated: last !== undefined,
        MaxUploads: limit,
        Delimiter: say(delimiter || undefined),
        EncodingType: encodingType,
        CommonPrefixes: folders.length === 0 ? undefined : folders.map(({ key }) => ({ Prefix: say(key) })),
      },
    },
  }
}

function marker(token: string | undefined): string {
  if (token === undefined) return ''
  try {
    return readToken(token)
  } catch {
    throw errors.invalidParameter('continuation token')
  }
}
