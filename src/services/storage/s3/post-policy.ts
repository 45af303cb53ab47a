import type { FastifyReply, FastifyRequest } from '#http'
import { callFor, type StorageContext } from '../context.ts'
import { errors } from '../errors.ts'
import { contentEncoding } from '../objects/content-encoding.ts'
import { bucketRules, mayUpload, sizeLimit, storeBody } from '../objects/upload.ts'
import { requireAllowedMime, requireBucketName, requireKey } from '../rules.ts'
import { hmac, sameSignature, signingKey } from '../sigv4/keys.ts'
import { type S3Answer, userMetadataOf } from './call.ts'
import { claimsOf, mismatch, secretsFor } from './identity.ts'
import { checkPolicy } from './policy.ts'
import { compose } from './signature.ts'
import { buildXml } from './xml.ts'

/** A browser's form: the policy in it is signed, and says what the other fields may be. */
export async function postObject(
  context: StorageContext,
  request: FastifyRequest,
  reply: FastifyReply,
  bucket: string,
): Promise<S3Answer | FastifyReply> {
  const file = await request
    .file({ limits: { fileSize: Number.MAX_SAFE_INTEGER, fields: 40, files: 1, fieldSize: 64 * 1024 } })
    .catch(error => {
      throw errors.invalidRequest((error as Error).message)
    })
  if (!file) throw errors.invalidParameter('Missing file')
  const fields = new Map<string, string>()
  for (const field of Object.values(file.fields)) {
    if (Array.isArray(field)) throw errors.invalidSignature('Duplicate form field in POST policy request')
    if (field?.type !== 'field') continue
    const name = field.fieldname.toLowerCase()
    if (fields.has(name)) throw errors.invalidSignature('Duplicate form field in POST policy request')
    fields.set(name, String(field.value))
  }

  const policy = fields.get('policy')
  if (policy === undefined) throw errors.accessDenied('Missing signature')
  const signature = compose({
    credential: fields.get('x-amz-credential'),
    signedHeaders: '',
    signature: fields.get('x-amz-signature'),
    date: fields.get('x-amz-date'),
    sessionToken: fields.get('x-amz-security-token'),
    expiresSeconds: undefined,
  })
  const secrets = await secretsFor(context, signature)
  const signed = secrets.some(secret =>
    sameSignature(hmac(signingKey(secret, signature.scope), policy), signature.signature),
  )
  if (!signed) throw mismatch(signature)
  const range = checkPolicy(policy, new Map([...fields, ['bucket', bucket]]), context.clock.now())

  const who = { ...(await claimsOf(context, signature)), authenticated: true }
  const call = callFor(context, request, 'storage.s3.upload', who)
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how S3 writes it
  const name = (fields.get('key') ?? '').replaceAll('${filename}', file.filename)
  requireBucketName(bucket)
  requireKey(name)
  const rules = await bucketRules(call, bucket)
  const mimetype = fields.get('content-type') ?? file.mimetype ?? 'application/octet-stream'
  requireAllowedMime(mimetype, rules.allowed_mime_types)
  const metadata = {
    mimetype,
    cacheControl: fields.get('cache-control') ?? 'no-cache',
    ...contentEncoding(fields.get('content-encoding')),
  }
  const userMetadata = userMetadataOf(Object.fromEntries(fields))
  const target = { bucket, name, owner: call.owner, upsert: true }
  await mayUpload(call, target, call.caller, { metadata, user_metadata: userMetadata })
  const limitBytes = Math.min(sizeLimit(call.settings, rules, 'standard'), range.max)
  const row = await storeBody(call, target, {
    stream: atLeast(file.file.iterator({ destroyOnReturn: false }), range.min),
    metadata,
    userMetadata,
    limitBytes,
  })
  return answer(reply, fields, bucket, name, row.metadata?.eTag)
}

async function* atLeast(source: AsyncIterable<Uint8Array>, min: number): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const chunk of source) {
    size += chunk.byteLength
    yield chunk
  }
  if (size < min) throw errors.tooSmall()
}

function answer(
  reply: FastifyReply,
  fields: ReadonlyMap<string, string>,
  bucket: string,
  key: string,
  etag: string | undefined,
): S3Answer | FastifyReply {
  const location = `/${bucket}/${key}`
  const redirect = fields.get('success_action_redirect') ?? fields.get('redirect')
  if (redirect !== undefined && /^https?:\/\//.test(redirect) && URL.canParse(redirect)) {
    const url = new URL(redirect)
    url.searchParams.set('bucket', bucket)
    url.searchParams.set('key', key)
    url.searchParams.set('etag', etag ?? '')
    return reply.redirect(url.href, 303)
  }
  const wished = fields.get('success_action_status')
  const headers = { etag, location }
  if (wished === '201') {
    return reply
      .status(201)
      .headers({ etag, location, 'content-type': 'application/xml; charset=utf-8' })
      .send(buildXml({ PostResponse: { Location: location, Bucket: bucket, Key: key, ETag: etag } }))
  }
  return { status: wished === '204' ? 204 : 200, headers }
}
