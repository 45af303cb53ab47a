import type { FastifyReply } from '#http'
import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import type { ObjectRow } from '../objects/rows.ts'
import { type DownloadOptions, sendObject } from '../render/download.ts'
import { contentHeaders } from '../render/headers.ts'
import { ImageCache } from './cache.ts'
import { clamp, describeOptions, type ImageOptions } from './options.ts'
import { mostSourceBytes, transform } from './transform.ts'

const outputs: Record<string, 'jpeg' | 'png' | 'webp' | 'gif' | 'avif'> = {
  'image/jpeg': 'jpeg',
  'image/jpg': 'jpeg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/avif': 'avif',
}

/** Sends an object as an image of that size and form. */
export async function sendImage(
  call: Call,
  reply: FastifyReply,
  row: ObjectRow,
  wished: ImageOptions,
  options: DownloadOptions = {},
): Promise<FastifyReply> {
  const mimeType = (row.metadata?.mimetype ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  // Drawings have no pixels; they go out as they are.
  if (mimeType === 'image/svg+xml') return sendObject(call, reply, row, options)
  const asked = clamp(wished, call.settings.imageEdge)
  const target = targetOf(asked, mimeType, String(call.request.headers.accept ?? ''))
  const cache = new ImageCache(call.imageCache)
  const key = JSON.stringify([call.settings.tenantId, row.version, asked, target])
  let bytes = await cache.get(key)
  if (!bytes) {
    const rendered = await transform(await readSource(call, row), asked, target)
    bytes = rendered.bytes
    await cache.put(key, bytes)
  }
  // What the object's own bytes were packed in, the image is not.
  const { 'content-encoding': _, ...described } = contentHeaders(call, row, {
    ...options,
    lastModified: row.metadata?.lastModified ? new Date(row.metadata.lastModified) : row.updated_at,
  })
  const done = describeOptions(asked)
  return reply
    .headers({
      ...described,
      'content-type': `image/${target}`,
      'content-length': String(bytes.length),
      vary: 'Accept',
      ...(done && { 'x-transformations': done }),
    })
    .send(bytes)
}

function targetOf({ format }: ImageOptions, mimeType: string, accept: string) {
  const own = outputs[mimeType] ?? 'jpeg'
  if (format === 'origin') return own
  if (format !== undefined) return format
  return accept.includes('image/webp') ? 'webp' : own
}

async function readSource(call: Call, row: ObjectRow): Promise<Buffer> {
  const content = row.version ? await call.files.open(row.version) : undefined
  if (!content) throw errors.noSuchKey(row.name)
  try {
    if (content.size > mostSourceBytes) throw errors.image('The source image file is too large to process')
    const source = Buffer.allocUnsafe(content.size)
    let filled = 0
    const keep = async (bytes: Uint8Array) => {
      source.set(bytes, filled)
      filled += bytes.byteLength
    }
    if (content.size > 0) await content.give(keep, { start: 0, end: content.size - 1 })
    return source
  } finally {
    await content.close()
  }
}
