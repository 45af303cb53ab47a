import type { Call } from '../context.ts'
import type { ObjectRow } from '../objects/rows.ts'

/** Headers that describe an object, without its length. */
export function contentHeaders(
  call: Call,
  row: ObjectRow,
  options: { lastModified?: Date | undefined; download?: string | undefined; expires?: Date },
): Record<string, string> {
  const { metadata } = row
  const headers: Record<string, string> = {
    'accept-ranges': 'bytes',
    'content-type': harmlessType(metadata?.mimetype ?? 'application/octet-stream'),
    'x-robots-tag': metadata?.xRobotsTag ?? 'none',
  }
  if (metadata?.eTag) headers['etag'] = metadata.eTag
  if (options.lastModified) headers['last-modified'] = options.lastModified.toUTCString()
  if (options.expires) headers['expires'] = options.expires.toUTCString()
  else headers['cache-control'] = cacheControl(call, row)
  if (options.download !== undefined) headers['content-disposition'] = disposition(options.download)
  for (const [name, value] of Object.entries(headers)) {
    // A row can be edited by hand; what cannot stand in a header is left out.
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) delete headers[name]
  }
  return headers
}

/** HTML is shown as text: objects share an origin with the API. */
function harmlessType(type: string): string {
  return type.includes('text/html') ? 'text/plain' : type
}

function cacheControl({ request, settings }: Call, { metadata }: ObjectRow): string {
  const parts = [metadata?.cacheControl ?? 'no-cache']
  const known = request.headers['if-none-match']
  if (known !== undefined) {
    if (settings.sharedMaxAgeSeconds > 0) parts.push(`s-maxage=${settings.sharedMaxAgeSeconds}`)
    if (known !== metadata?.eTag) parts.push('stale-while-revalidate=30')
  }
  return parts.join(', ')
}

function disposition(name: string): string {
  if (name === '') return 'attachment;'
  const encoded = encodeURIComponent(name)
  return `attachment; filename=${encoded}; filename*=UTF-8''${encoded};`
}
