import type { FastifyReply } from '#http'
import type { HangarError } from '#kernel'

/** An error as REST says it: its code, one sentence, what to do; with the headers that its status asks for. */
export function renderError(error: HangarError, reply: FastifyReply, challenge?: string): unknown {
  if (error.status === 401 && challenge !== undefined) reply.header('www-authenticate', challenge)
  const seconds = error.data?.['retry_after_seconds']
  if (typeof seconds === 'number') reply.header('retry-after', String(seconds))
  return reply
    .status(error.status)
    .header('cache-control', 'no-store')
    .send(
      error.status >= 500 && error.kind === 'system'
        ? { code: error.code, message: 'Something went wrong inside; the log has the details.' }
        : error.toJSON(),
    )
}
