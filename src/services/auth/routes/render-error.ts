import type { FastifyReply, FastifyRequest } from '#http'
import type { HangarError } from '#kernel'
import { AuthError } from '../errors.ts'

const newVersion = '2024-01-01'

/** The auth API's form of an error: codes as words since API version 2024-01-01, as HTTP status beside `error_code` before. */
export function renderError(error: HangarError, request: FastifyRequest, reply: FastifyReply): unknown {
  const { status, code, message, weak } = parts(error)
  if (error instanceof AuthError && error.oauth !== undefined) {
    return reply.status(status).send({ error: error.oauth, error_description: message })
  }
  const version = request.headers['x-supabase-api-version']
  reply.status(status).header('x-sb-error-code', code)
  const more = weak === undefined ? {} : { weak_password: { reasons: weak } }
  if (typeof version === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(version) && version >= newVersion) {
    return reply.header('x-supabase-api-version', newVersion).send({ code, message, ...more })
  }
  return reply.send({ code: status, error_code: code, msg: message, ...more })
}

function parts(error: HangarError) {
  if (error instanceof AuthError) {
    return { status: error.status, code: error.errorCode, message: error.message, weak: error.weakReasons }
  }
  if (error.code === 'HGR_HTTP_NOT_FOUND') return { status: 404, code: 'not_found', message: error.message }
  if (error.code === 'HGR_HTTP_BAD_REQUEST') {
    return { status: error.status, code: 'bad_json', message: error.message }
  }
  return { status: 500, code: 'unexpected_failure', message: 'Internal Server Error' }
}
