import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { FastifyReply } from '#http'
import { messageOf } from '#kernel'
import type { Call } from '../context.ts'
import type { Content, Take } from '../files/port.ts'

/** A reader that takes nothing for so long is not waited for. */
const idleLimitMs = 60_000

/**
 * Sends the status and headers of the reply, then those bytes, straight from where they are into the connection. Resolves when they are
 * all on their way, or the reader has gone; closes the content.
 */
export async function sendBytes(
  { log }: Pick<Call, 'log'>,
  reply: FastifyReply,
  content: Content,
  range: { readonly start: number; readonly end: number },
  idleMs: number = idleLimitMs,
): Promise<FastifyReply> {
  reply.hijack()
  const { raw } = reply
  try {
    raw.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders)
    raw.setTimeout(idleMs, () => raw.destroy())
    await content.give(takerOf(raw), range)
    raw.end()
  } catch (error) {
    // The length was promised: breaking off is the only way to say that it does not come.
    if (!(error instanceof ReaderGone)) log.error({ err: messageOf(error) }, 'storage: a download broke off')
    raw.destroy()
  } finally {
    await content.close()
  }
  return reply
}

class ReaderGone extends Error {}

/** Each write is taken when the connection has passed it on; when the reader goes away, all that are under way are refused. */
function takerOf(raw: ServerResponse): Take {
  const refusals = new Set<(error: Error) => void>()
  raw.once('close', () => {
    for (const refuse of refusals) refuse(new ReaderGone())
  })
  return bytes =>
    new Promise<void>((resolve, refuse) => {
      if (raw.destroyed) return refuse(new ReaderGone())
      refusals.add(refuse)
      raw.write(bytes, error => {
        refusals.delete(refuse)
        if (error) refuse(new ReaderGone())
        else resolve()
      })
    })
}
