import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { Clock } from '#kernel'
import { errors } from '../errors.ts'
import type { Source } from '../files/port.ts'

/** A client that sends nothing for so long is not waited for. */
export const idleLimitMs = 60_000

/** The body of a request, whose chunks nobody else has. */
export function bodyOf(request: IncomingMessage, clock: Clock): Source {
  return Object.assign(untilIdle(request, clock), { givenAway: true })
}

/** The stream's chunks; throws `aborted` when nothing comes for a minute, and never destroys the stream: the answer goes out on its socket. */
export async function* untilIdle(stream: Readable, clock: Clock): AsyncGenerator<Uint8Array> {
  const chunks = stream.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]()
  try {
    for (;;) {
      let stop = () => {}
      const idle = new Promise<never>((_, reject) => {
        const timer = clock.after(idleLimitMs, () => reject(errors.aborted()))
        stop = () => timer.cancel()
      })
      const next = await Promise.race([chunks.next(), idle]).finally(stop)
      if (next.done) return
      yield next.value as Uint8Array
    }
  } finally {
    // Lets go of the stream, so that what still comes can be drained. Not waited for: a read that hangs would hang this too.
    chunks.return?.().catch(() => {})
  }
}
