import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { createTokenCheck } from './token-check.ts'

export interface FlyRefusals {
  badRequest(message: string): Error
  unauthorized(): Error
}

/**
 * Requests as Fly's clients send them: whatever content type they give or forget, the body is JSON, and none is fine where none is needed.
 * Every answer has an id, and who has none of the tokens is refused.
 */
export function acceptFlyRequests(
  app: FastifyInstance,
  tokens: readonly string[],
  refusals: FlyRefusals,
): void {
  const isAllowed = createTokenCheck(tokens)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? undefined : JSON.parse(String(body)))
    } catch {
      done(refusals.badRequest('invalid request body: it is no JSON'))
    }
  })
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('fly-request-id', `${randomBytes(13).toString('hex').toUpperCase()}-local`)
    if (!isAllowed(request.headers.authorization)) throw refusals.unauthorized()
  })
}
