import type { FastifyInstance, FastifyReply, FastifyRequest } from '#http'
import type { Log } from '#kernel'
import { addressFor, paths } from '../addresses.ts'
import { OAuthError } from './errors.ts'
import { openidMetadata, resourceMetadata, serverMetadata } from './metadata.ts'
import type { OAuthParts } from './parts.ts'
import { registerClient } from './registration.ts'
import { grantToken, readForm } from './token.ts'

/** The desk as authorization server: tokens, registration, and the documents that say where these are. All of it answers without a token. */
export async function registerOAuth(app: FastifyInstance, parts: OAuthParts): Promise<void> {
  await app.register(async scope => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit },
      (_r, body, done) => done(null, body),
    )
    scope.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit }, (_r, body, done) =>
      done(null, body),
    )
    scope.setErrorHandler((thrown, request, reply) => answerError(thrown, request, reply, parts.log))
    const origin = (request: FastifyRequest) => addressFor(parts.addresses, request.headers.host)

    scope.get(paths.server, request => serverMetadata(origin(request)))
    scope.get(paths.openid, request => openidMetadata(origin(request)))
    scope.get(paths.resource, request => resourceMetadata(origin(request), ''))
    scope.get(`${paths.resource}${paths.mcp}`, request => resourceMetadata(origin(request), paths.mcp))
    scope.get(paths.keys, () => ({ keys: [parts.key.publicJwk] }))
    scope.get(paths.authorize, () => {
      throw new OAuthError('unsupported_response_type', 'Nobody logs in here; agents use client_credentials')
    })
    scope.post(paths.token, async (request, reply) => {
      if (typeOf(request) !== 'application/x-www-form-urlencoded')
        throw new OAuthError('invalid_request', 'The body must be application/x-www-form-urlencoded')
      reply.header('cache-control', 'no-store')
      return grantToken(parts, {
        form: readForm(String(request.body ?? '')),
        authorization: request.headers.authorization,
        issuer: origin(request),
      })
    })
    scope.post(paths.register, async (request, reply) => {
      reply.header('cache-control', 'no-store')
      if (typeOf(request) !== 'application/json')
        throw new OAuthError('invalid_client_metadata', 'The body must be application/json')
      const answer = await registerClient(parts, request.headers.authorization, json(request.body))
      return reply.status(201).send(answer)
    })
  })
}

const bodyLimit = 16 * 1024

function typeOf(request: FastifyRequest): string {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

function json(body: unknown): unknown {
  try {
    return JSON.parse(String(body))
  } catch {
    throw new OAuthError('invalid_client_metadata', 'The body is not JSON')
  }
}

function answerError(thrown: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): FastifyReply {
  const error = thrown instanceof OAuthError ? thrown : unexpected(thrown, request, log)
  if (error.status === 401) {
    const scheme = error.code === 'invalid_token' ? 'Bearer' : 'Basic'
    reply.header('www-authenticate', `${scheme} realm="hangar", error="${error.code}"`)
  }
  if (error.retryAfter !== undefined) reply.header('retry-after', String(error.retryAfter))
  return reply
    .header('cache-control', 'no-store')
    .status(error.status)
    .send({ error: error.code, error_description: error.message })
}

function unexpected(thrown: unknown, request: FastifyRequest, log: Log): OAuthError {
  const status = (thrown as { statusCode?: number }).statusCode
  if (status !== undefined && status < 500)
    return new OAuthError('invalid_request', 'The request could not be read', status)
  log.error({ err: thrown, url: request.url.split('?')[0] }, 'desk: token request failed')
  return new OAuthError('invalid_request', 'Something went wrong inside; the log has the details', 500)
}
