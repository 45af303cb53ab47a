import multipart from '@fastify/multipart'
import { contextOf, type FastifyInstance, type FastifyReply, type FastifyRequest } from '#http'
import { HangarError } from '#kernel'
import { callFor, type StorageContext } from '../context.ts'
import { errors, StorageError } from '../errors.ts'
import { drain } from '../objects/body.ts'
import type { S3Answer } from './call.ts'
import { operationOf } from './dispatch.ts'
import { identify } from './identity.ts'
import { postObject } from './post-policy.ts'
import { queryOf } from './signature.ts'
import { buildXml } from './xml.ts'

/** `/s3`: Amazon's protocol. The signature is checked first; then the signer's role decides, as everywhere. */
export function s3Routes(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.register(multipart, { throwFileSizeLimit: false })
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.addHook('onError', async request => drain(request))
  app.setErrorHandler((error, request, reply) => renderS3Error(error, request, reply))
  for (const url of ['/', '/:bucket', '/:bucket/', '/:bucket/*']) app.all(url, answer)
}

async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const context = contextOf<StorageContext>(request)
  if (!context.settings.s3.enabled) throw errors.notSupported('s3Protocol')
  const params = request.params as { bucket?: string; '*'?: string }
  const target = { bucket: params.bucket ?? '', key: params['*'] ?? '' }
  const isForm = request.headers['content-type']?.startsWith('multipart/form-data') ?? false
  if (isForm && request.method === 'POST' && target.bucket !== '' && target.key === '')
    return send(reply, await postObject(context, request, reply, target.bucket))

  const identity = await identify(context, request)
  const query = queryOf(request)
  const copying = request.headers['x-amz-copy-source'] !== undefined
  const operation = operationOf({ method: request.method, ...target, query, copying })
  if (typeof operation === 'string') throw errors.notImplemented(`${request.method} ${operation}`)
  if (!operation) throw errors.notImplemented(`${request.method} here`)
  const call = callFor(context, request, operation.name, { ...identity, authenticated: true })
  return send(reply, await operation.run({ call, identity, reply, ...target, query }))
}

function send(reply: FastifyReply, answer: S3Answer | FastifyReply): FastifyReply {
  if (isReply(answer)) return answer
  for (const [name, value] of Object.entries(answer.headers ?? {}))
    if (value !== undefined) reply.header(name, value)
  reply.status(answer.status ?? 200)
  if (!answer.document) return reply.send()
  return reply.header('content-type', 'application/xml; charset=utf-8').send(buildXml(answer.document))
}

function isReply(answer: S3Answer | FastifyReply): answer is FastifyReply {
  return 'hijack' in answer
}

/** An error as S3 says it: the real status, and a document that names the resource and the code. */
function renderS3Error(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = thrown instanceof StorageError ? thrown : undefined
  const refused = (thrown as { statusCode?: number }).statusCode
  const status = error?.status ?? (refused !== undefined && refused < 500 ? refused : 500)
  if (status >= 500) {
    const cause = thrown instanceof HangarError ? (thrown.cause ?? thrown) : thrown
    contextOf<StorageContext>(request).log.error(
      { err: cause, url: request.url.split('?')[0] },
      'storage: S3 request failed',
    )
  }
  const document = {
    Error: {
      Resource: (request.url.split('?')[0] ?? '').replace('/s3', '').split('/').filter(Boolean).join('/'),
      Code: error?.storageCode ?? (status < 500 ? 'InvalidRequest' : 'InternalError'),
      Message: error?.message ?? (status < 500 ? (thrown as Error).message : 'Internal Server Error'),
    },
  }
  return reply
    .status(status)
    .header('content-type', 'application/xml; charset=utf-8')
    .send(buildXml(document))
}
