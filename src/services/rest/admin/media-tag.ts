import { mediaName, parseMedia } from '../request/media.ts'

const tags: Readonly<Record<string, string>> = {
  '*/*': 'MTAny',
  'application/geo+json': 'MTGeoJSON',
  'application/json': 'MTApplicationJSON',
  'application/octet-stream': 'MTOctetStream',
  'application/openapi+json': 'MTOpenAPI',
  'application/x-www-form-urlencoded': 'MTUrlEncoded',
  'text/csv': 'MTTextCSV',
  'text/plain': 'MTTextPlain',
  'text/xml': 'MTTextXML',
}

/** A media type as PostgREST names it where it shows what it knows. */
export function mediaTag(type: string): object {
  const name = mediaName(parseMedia(type))
  const tag = tags[name]
  return tag === undefined ? { contents: name, tag: 'MTOther' } : { tag }
}
