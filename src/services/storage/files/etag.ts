import { createHash } from 'node:crypto'

/** The entity tag of an object that was uploaded in parts: MD5 of the parts' digests, a hyphen, and how many there were. */
export function multipartEtag(parts: readonly { readonly etag: string }[]): string {
  const hash = createHash('md5')
  for (const part of parts) hash.update(Buffer.from(bareEtag(part.etag), 'hex'))
  return `${hash.digest('hex')}-${parts.length}`
}

/** Without quotes and weakness mark. */
export function bareEtag(etag: string): string {
  return etag.trim().replace(/^W\//, '').replaceAll('"', '')
}
