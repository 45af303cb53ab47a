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
    const message = `Route ${request.method}:${request.url.split('?')[0]} not found`
    return reply.status(404).send({ message, error: 'Not Found', statusCode: 404 })
  }
  if (error.code === 'HGR_HTTP_BAD_REQUEST') {
    // What the HTTP layer refused: a body that is not JSON, a missing field, too many bytes.
    const name = error.cause instanceof Error ? error.cause.name : 'Error'
    return reply
      .status(error.status)
      .send({ statusCode: String(error.status), error: name, message: error.message, code: 'InvalidRequest' })
  }
  return reply
    .status(500)
    .send({ statusCode: '500', error: 'Internal', message: 'Internal Server Error', code: 'InternalError' })
}
