import type { FastifyReply, FastifyRequest } from '#http'
import type { HangarError } from '#kernel'
import { StorageError } from '../errors.ts'

/** The storage API's form of an error. Its HTTP status is 400 for most of them; the body says the real one. */
export function renderError(error: HangarError, request: FastifyRequest, reply: FastifyReply): unknown {
  if (error instanceof StorageError) {
    return reply.status(error.replyStatus).send({
      statusCode: String(error.status),
      error: error.error,
      message: error.message,
      code: error.storageCode,
    })
  }
  if (error.code === 'HGR_HTTP_NOT_FOUND') {
    const url = request.raw.url ?? ''
    const message = `Route ${request.method}:${url} not found`
    return reply
      .status(404)
      .send(
        /^\/(bucket|object|render|cdn)\b/.test(url)
          ? { statusCode: '404', error: 'Not Found', message, code: 'InvalidRequest' }
          : { message, error: 'Not Found', statusCode: 404 },
      )
  }
  if (error.code === 'HGR_HTTP_BAD_REQUEST') return renderRefusal(error, reply)
  return reply
    .status(500)
    .send({ statusCode: '500', error: 'Internal', message: 'Internal Server Error', code: 'InternalError' })
}

/** What the HTTP layer refused: a body that is not JSON, a missing field, too many bytes. */
function renderRefusal(error: HangarError, reply: FastifyReply): unknown {
  const { name, code } = (error.cause ?? {}) as { name?: string; code?: string }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return reply.status(400).send({
      statusCode: '415',
      error: 'invalid_mime_type',
      message: 'Invalid Content-Type header',
      code: 'InvalidMimeType',
    })
  }
  return reply.status(error.status).send({
    statusCode: String(error.status),
    error: name ?? 'Error',
    message: error.message,
    code: code === 'FST_ERR_CTP_BODY_TOO_LARGE' ? 'EntityTooLarge' : 'InvalidRequest',
  })
}
