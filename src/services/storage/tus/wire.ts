import type { IncomingMessage, ServerResponse } from 'node:http'
import { ERRORS, type Server, type Upload } from '@tus/server'
import type { Clock } from '#kernel'
import type { Source } from '../files/port.ts'
import { bodyOf } from '../objects/idle.ts'

// Between Node's requests and the library for the TUS protocol. The library would take a body through three streams that each hold some
// of it; a body of ours goes from the connection to the store, and its memory is given back on the way.

/**
 * The request as the library sees it. Its body is our own; only `writeWith`'s way looks at it.
 */
export function requestOf(req: IncomingMessage, res: ServerResponse, clock: Clock): Request {
  const headers = new Headers()
  for (const [name, value] of Object.entries(req.headers))
    for (const one of [value ?? []].flat()) headers.append(name, one)
  const body = bodyOf(req, clock)
  const url = new URL(req.url ?? '/', 'http://localhost').href
  return { method: req.method, url, headers, body, runtime: { node: { req, res } } } as unknown as Request
}

/** Sends what the library answers. */
export async function respond(answer: Response, response: ServerResponse): Promise<void> {
  const body = answer.body ? Buffer.from(await answer.arrayBuffer()) : undefined
  response.writeHead(answer.status, Object.fromEntries(answer.headers))
  response.end(body)
}

type Write = (id: string, offset: number, source: Source) => Promise<number>

interface Writing {
  writeToStore(
    body: Source | null,
    upload: Upload,
    limitBytes: number,
    context: { readonly signal: AbortSignal },
  ): Promise<number>
}

/** Lets bodies be written with `write`. What came is kept when the client goes away, or when another request wants the lock. */
export function writeWith(server: Server, write: Write): void {
  for (const handler of [server.handlers.PATCH, server.handlers.POST] as unknown as Writing[]) {
    handler.writeToStore = async (body, upload, limitBytes, { signal }) => {
      if (signal.aborted) throw ERRORS.ABORTED
      if (!body) return upload.offset
      const source = Object.assign(within(body, limitBytes, signal), { givenAway: body.givenAway === true })
      return write(upload.id, upload.offset, source)
    }
  }
}

/** The chunks until the signal; throws when there are more bytes than that, and what the protocol says of a client that went away. */
async function* within(source: Source, limitBytes: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]()
  let stop = () => {}
  const onAbort = () => stop()
  signal.addEventListener('abort', onAbort)
  try {
    for (let size = 0; !signal.aborted; ) {
      const stopped = new Promise<undefined>(resolve => {
        stop = () => resolve(undefined)
      })
      const next = await Promise.race([chunks.next(), stopped]).catch(error => {
        throw error instanceof Error && 'storageCode' in error ? error : ERRORS.ABORTED
      })
      if (!next || next.done) return
      size += next.value.byteLength
      if (size > limitBytes) throw ERRORS.ERR_MAX_SIZE_EXCEEDED
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    // Not waited for: a read that hangs would hang this too.
    chunks.return?.()?.catch(() => {})
  }
}
