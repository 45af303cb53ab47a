import { errors } from '../errors.ts'
import { isUuid, requireBucketName, requireKey } from '../rules.ts'

/** What an upload's URL says: which object it will be, as which version. */
export interface UploadId {
  readonly bucket: string
  readonly name: string
  readonly version: string
}

/** `bucket/name/version`; clients see it in base64url. */
export function formatUploadId({ bucket, name, version }: UploadId): string {
  return `${bucket}/${name}/${version}`
}

/** Throws when it is not an upload's id, or names something that cannot be. */
export function parseUploadId(id: string): UploadId {
  const first = id.indexOf('/')
  const last = id.lastIndexOf('/')
  if (first <= 0 || last <= first) throw errors.invalidUploadId()
  const upload = { bucket: id.slice(0, first), name: id.slice(first + 1, last), version: id.slice(last + 1) }
  requireBucketName(upload.bucket)
  requireKey(upload.name)
  if (!isUuid(upload.version)) throw errors.invalidUploadId()
  return upload
}
