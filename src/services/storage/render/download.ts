import type { FastifyReply } from '#http'
import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import type { ObjectRow } from '../objects/rows.ts'
import { evaluate } from './conditions.ts'
import { contentHeaders } from './headers.ts'
import { parseRange } from './range.ts'

export interface DownloadOptions {
  /** Value of `download=`: a file name, or empty for the object's own. */
  readonly download?: string | undefined
  /** Ends with the signed URL. */
  readonly expires?: Date
}

const chunkBytes = 256 * 1024

/** Sends an object's bytes: whole or one range, or 304, 412, 416 as the request's conditions say. */
export async function sendObject(
  call: Call,
  reply: FastifyReply,
  row: ObjectRow,
  options: DownloadOptions = {},
): Promise<FastifyReply> {
  const { headers } = call.request
  const handle = row.version ? await call.files.open(row.version) : undefined
  if (!handle) return notThere(reply)
  try {
    const { size, mtime } = await handle.stat()
    const lastModified = row.metadata?.lastModified ? new Date(row.metadata.lastModified) : mtime
    const etag = row.metadata?.eTag
    reply.headers(contentHeaders(call, row, { ...options, lastModified }))
    const verdict = evaluate(
      {
        ifMatch: headers['if-match'],
        ifNoneMatch: headers['if-none-match'],
        ifModifiedSince: headers['if-modified-since'],
        ifUnmodifiedSince: headers['if-unmodified-since'],
      },
      { etag, lastModified },
    )
    if (verdict === 'failed') throw errors.preconditionFailed()
    if (verdict === 'not-modified') {
      await handle.close()
      return reply.removeHeader('content-type').status(304).send()
    }
    const range = rangeStillHolds(headers['if-range'], etag, lastModified)
      ? parseRange(headers.range, size)
      : undefined
    if (range === 'unsatisfiable') {
      reply.header('content-range', `bytes */${size}`)
      throw errors.invalidRange()
    }
    const { start, end } = range ?? { start: 0, end: size - 1 }
    reply.header('content-length', end - start + 1)
    if (range) reply.status(206).header('content-range', `bytes ${start}-${end}/${size}`)
    if (end < start) {
      await handle.close()
      return reply.send('')
    }
    return reply.send(handle.createReadStream({ start, end, highWaterMark: chunkBytes }))
  } catch (error) {
    await handle.close().catch(() => {})
    for (const name of ['content-type', 'content-length', 'content-disposition', 'cache-control', 'expires'])
      reply.removeHeader(name)
    throw error
  }
}

/** A row without its bytes: somebody removed the file, or made the row by hand. */
function notThere(reply: FastifyReply): FastifyReply {
  return reply
    .status(400)
    .header('cache-control', 'no-store')
    .send({ error: 'Not found', message: 'The resource was not found', statusCode: '404' })
}

/** `If-Range`: the range is only of use while the copy is the same. */
function rangeStillHolds(
  header: string | string[] | undefined,
  etag: string | undefined,
  lastModified: Date,
): boolean {
  if (typeof header !== 'string') return true
  if (/^(W\/)?"/.test(header)) return header === etag
  return Math.floor(new Date(header).getTime() / 1000) === Math.floor(lastModified.getTime() / 1000)
}
