import type { FastifyReply } from '#http'
import type { Call } from '../context.ts'
import type { ObjectRow } from '../objects/rows.ts'
import { contentHeaders } from './headers.ts'

/** Answers a HEAD request from the row alone. */
export function sendHead(call: Call, reply: FastifyReply, row: ObjectRow): FastifyReply {
  const lastModified = row.metadata?.lastModified ? new Date(row.metadata.lastModified) : row.updated_at
  return reply
    .headers(contentHeaders(call, row, { lastModified }))
    .header('content-length', row.metadata?.contentLength ?? row.metadata?.size ?? 0)
    .send()
}

/** What is known about an object, as JSON. */
export function sendInfo(reply: FastifyReply, row: ObjectRow): FastifyReply {
  const { metadata } = row
  if (metadata?.eTag) reply.header('etag', metadata.eTag)
  if (metadata?.lastModified) reply.header('last-modified', new Date(metadata.lastModified).toUTCString())
  return reply.header('cache-control', metadata?.cacheControl ?? 'no-cache').send({
    id: row.id,
    name: row.name,
    version: row.version,
    bucket_id: row.bucket_id,
    size: metadata?.size ?? null,
    content_type: metadata?.mimetype ?? null,
    cache_control: metadata?.cacheControl ?? null,
    etag: metadata?.eTag ?? null,
    metadata: row.user_metadata,
    last_modified: row.updated_at,
    created_at: row.created_at,
  })
}
