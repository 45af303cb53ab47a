import type { Call } from '../context.ts'
import type { ObjectRow } from '../objects/rows.ts'
import { requireRobotsRules } from '../robots.ts'
import { cacheControl } from './cache-control.ts'
import { disposition } from './disposition.ts'

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
    'x-robots-tag': robots(metadata?.xRobotsTag),
  }
  if (metadata?.contentEncoding) headers['content-encoding'] = metadata.contentEncoding
  if (metadata?.eTag) headers['etag'] = metadata.eTag
  if (options.lastModified) headers['last-modified'] = options.lastModified.toUTCString()
  // A link may be good for longer than there are dates.
  if (options.expires && !Number.isNaN(options.expires.getTime()))
    headers['expires'] = options.expires.toUTCString()
  else if (options.expires) headers['cache-control'] = 'no-cache'
  else headers['cache-control'] = cacheControl(call.settings, call.request.headers['if-none-match'], metadata)
  if (options.download !== undefined) headers['content-disposition'] = disposition(options.download)
  for (const [name, value] of Object.entries(headers)) {
    // A row can be edited by hand; what cannot stand in a header is left out.
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) delete headers[name]
  }
  return headers
}

/** HTML is shown as text: objects share an origin with the API. */
function harmlessType(type: string): string {
  return type.toLowerCase().includes('text/html') ? 'text/plain' : type
}

/** A row can be edited by hand: rules that are none do not count. */
function robots(rules: string | undefined): string {
  try {
    if (rules !== undefined) requireRobotsRules(rules)
    return rules ?? 'none'
  } catch {
    return 'none'
  }
}
