import type { FastifyRequest } from '#http'
import type { Clock } from '#kernel'
import { errors } from '../errors.ts'
import type { Source } from '../files/port.ts'
import { contentEncoding } from './content-encoding.ts'
import { bodyOf, untilIdle } from './idle.ts'

/** What an upload brings besides its name. */
export interface IncomingBody {
  readonly stream: Source
  readonly mimeType: string
  readonly cacheControl: string
  readonly contentEncoding?: string
  readonly userMetadata: Record<string, unknown> | undefined
  readonly robots: string | undefined
  /** Bytes announced; undefined when the client does not say. */
  readonly announcedSize: number | undefined
}

const userMetadataLimitBytes = 1024 * 1024

/**
 * Reads and drops what the client still sends after a refusal, so that it sees the answer instead of a reset connection; then hangs up.
 */
export function drain(request: FastifyRequest): void {
  const { raw } = request
  if (raw.complete || raw.destroyed) return
  raw.unpipe()
  raw.resume()
  const timer = setTimeout(() => raw.destroy(), 5_000)
  timer.unref()
  raw.once('close', () => clearTimeout(timer))
}

/** Reads an upload's headers; the bytes are not touched yet. */
export function openRaw(request: FastifyRequest, clock: Clock): IncomingBody {
  const { headers, raw } = request
  return {
    stream: bodyOf(raw, clock),
    mimeType: headers['content-type'] || 'application/octet-stream',
    cacheControl: headers['cache-control'] ?? 'no-cache',
    ...contentEncoding(one(headers['content-encoding'])),
    userMetadata: parseUserMetadata(one(headers['x-metadata']), 'base64'),
    robots: one(headers['x-robots-tag']),
    announcedSize: headers['content-length'] === undefined ? undefined : Number(headers['content-length']),
  }
}

/** Reads the fields before the file of a form; the file itself is not touched yet. */
export async function openForm(request: FastifyRequest, clock: Clock): Promise<IncomingBody> {
  const file = await request
    .file({ limits: { fileSize: Number.MAX_SAFE_INTEGER, fields: 10, files: 1 } })
    .catch(error => {
      throw errors.noContent((error as Error).message)
    })
  if (!file) throw errors.noContent()
  const field = (...names: string[]) => {
    for (const name of names) {
      const value = file.fields[name]
      if (value && !Array.isArray(value) && value.type === 'field' && value.value) return String(value.value)
    }
    return undefined
  }
  const seconds = field('cacheControl')
  return {
    stream: untilIdle(file.file, clock),
    mimeType: field('contentType') ?? file.mimetype,
    cacheControl: seconds ? `max-age=${seconds}` : 'no-cache',
    ...contentEncoding(field('contentEncoding')),
    userMetadata: parseUserMetadata(field('metadata', 'userMetadata'), 'utf8'),
    robots: one(request.headers['x-robots-tag']),
    announcedSize: undefined,
  }
}

/** Metadata that is not JSON is ignored, as the storage API does; too much of it is refused. */
export function parseUserMetadata(
  text: string | undefined,
  encoding: 'base64' | 'utf8',
): Record<string, unknown> | undefined {
  if (text === undefined) return undefined
  const json = Buffer.from(text, encoding).toString('utf8')
  if (Buffer.byteLength(json) > userMetadataLimitBytes) throw errors.tooLarge('user_metadata')
  try {
    const parsed: unknown = JSON.parse(json)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

export function isForm(request: FastifyRequest): boolean {
  return request.headers['content-type']?.startsWith('multipart/form-data') ?? false
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}
