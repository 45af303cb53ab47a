import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import { requireBucketName, requireKey } from '../rules.ts'
import { requireObject } from './rows.ts'
import { mayUpload, type UploadTarget } from './upload.ts'

/** A link that lets whoever has it read the object until it expires. The caller must be able to see the object. */
export async function signObject(
  call: Call,
  bucket: string,
  name: string,
  expiresInSeconds: number,
  { transformations = '', versionId }: { transformations?: string; versionId?: string | undefined } = {},
): Promise<string> {
  requireBucketName(bucket)
  requireKey(name)
  const row = await call.database.run(call.caller, transaction => requireObject(transaction, bucket, name))
  // A link is good for the object as it is when it is read; there is no other version that it could show.
  if (versionId !== undefined && versionId !== row.version) throw errors.noSuchKey(name)
  const url = `${bucket}/${name}`
  const payload = { ...(transformations && { transformations }), url, scope: 'download' }
  const token = await call.tokens.sign(payload, expiresInSeconds)
  return `/${transformations ? 'render/image' : 'object'}/sign/${url}?token=${token}`
}

/** The same for many; what cannot be signed says so in its own entry. */
export async function signObjects(
  call: Call,
  bucket: string,
  names: readonly string[],
  expiresInSeconds: number,
): Promise<{ error: string | null; path: string; signedURL: string | null }[]> {
  requireBucketName(bucket)
  const { rows } = await call.database.run(call.caller, transaction =>
    transaction.query<{ name: string }>(
      'select name from storage.objects where bucket_id = $1 and name = any($2::text[])',
      [bucket, names],
    ),
  )
  const visible = new Set(rows.map(row => row.name))
  return Promise.all(
    names.map(async path => {
      if (!visible.has(path)) {
        const error = 'Either the object does not exist or you do not have access to it'
        return { error, path, signedURL: null }
      }
      const url = `${bucket}/${path}`
      const token = await call.tokens.sign({ url, scope: 'download' }, expiresInSeconds)
      return { error: null, path, signedURL: `/object/sign/${url}?token=${token}` }
    }),
  )
}

/** A link that lets whoever has it upload under that name, as the caller would. */
export async function signUpload(call: Call, target: UploadTarget): Promise<{ url: string; token: string }> {
  requireBucketName(target.bucket)
  requireKey(target.name)
  await mayUpload(call, target, call.caller, {})
  const url = `${target.bucket}/${target.name}`
  const payload = {
    ...(target.owner === undefined ? {} : { owner: target.owner }),
    url,
    upsert: target.upsert,
    scope: 'upload',
  }
  const token = await call.tokens.sign(payload, call.settings.signedUploadSeconds)
  return { url: `/object/upload/sign/${url}?token=${token}`, token }
}

export interface SignedClaims {
  readonly url: string
  /** Seconds since 1970. */
  readonly exp: number
  readonly owner?: string
  readonly upsert?: boolean
  readonly scope?: string
  /** How a rendered image was asked for when the link was made. */
  readonly transformations?: string
  readonly format?: string
}

/** What a signed link allows. Throws when it is forged, expired, or meant for another object. */
export async function openSigned(
  call: Pick<Call, 'tokens'>,
  token: string,
  bucket: string,
  name: string,
  scope: 'download' | 'upload',
): Promise<SignedClaims> {
  const claims = (await call.tokens.verify(token).catch(error => {
    throw errors.invalidJwt((error as Error).message)
  })) as unknown as SignedClaims
  // Links from before there were scopes: only those for uploading say `upsert`.
  const scoped = claims.scope ?? (claims.upsert === undefined ? 'download' : 'upload')
  if (scoped !== scope) throw errors.invalidSignature(`Token is not scoped for ${scope}`)
  if (claims.url !== `${bucket}/${name}`) throw errors.invalidSignature()
  return claims
}
