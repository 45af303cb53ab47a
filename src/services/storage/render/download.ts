import type { FastifyReply } from '#http'
import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import type { Content } from '../files/port.ts'
import type { ObjectRow } from '../objects/rows.ts'
import { evaluate } from './conditions.ts'
import { contentHeaders } from './headers.ts'
import { parseRange } from './range.ts'
import { sendBytes } from './send-bytes.ts'

export interface DownloadOptions {
  /** Value of `download=`: a file name, or empty for the object's own. */
  readonly download?: string | undefined
  /** Ends with the signed URL. */
  readonly expires?: Date
}

/** Sends an object's bytes: whole or one range, or 304, 412, 416 as the request's conditions say. */
export async function sendObject(
  call: Call,
  reply: FastifyReply,
  row: ObjectRow,
  options: DownloadOptions = {},
): Promise<FastifyReply> {
  const content = row.version ? await call.files.open(row.version) : undefined
  if (!content) return notThere(reply)
  return sendContent(call, reply, row, content, lastModified =>
    contentHeaders(call, row, { ...options, lastModified }),
  )
}

/** The same for content that is open, under headers of the caller's choice; closes it when it is not sent. */
export async function sendContent(
  call: Call,
  reply: FastifyReply,
  row: ObjectRow,
  content: Content,
  describe: (lastModified: Date) => Record<string, string>,
): Promise<FastifyReply> {
  const { headers } = call.request
  const { size, modifiedAt } = content
  const lastModified = row.metadata?.lastModified ? new Date(row.metadata.lastModified) : modifiedAt
  const etag = row.metadata?.eTag
  const described = describe(lastModified)
  try {
    reply.headers(described)
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
      await content.close()
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
      await content.close()
      return reply.send('')
    }
    return await sendBytes(call, reply, content, { start, end })
  } catch (error) {
    await content.close()
    for (const name of [...Object.keys(described), 'content-length']) reply.removeHeader(name)
    throw error
  }
}

/** A row without its bytes: somebody removed the file, or made the row by hand. */
function notThere(reply: FastifyReply): FastifyReply {
  return reply.status(400).header('cache-control', 'no-store').send({
    error: 'Not found',
    message: 'The resource was not found',
    statusCode: '404',
    code: 'NoSuchKey',
  })
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
