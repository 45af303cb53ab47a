import { errors } from './errors.ts'

// What names, sizes and types the storage API accepts.

const keyPattern = /^[\w/!\-.*'() &$@=;:+,?]+$/
const bucketPattern = /^[\w!\-.*'() &$@=;:+,?]+$/
const longestKey = 1024
const longestBucketName = 100

/** Throws unless the object name is made of the characters that are safe in S3 keys. */
export function requireKey(key: string | undefined): asserts key is string {
  if (!isKey(key)) throw errors.invalidKey(key ?? '')
}

export function isKey(key: string | undefined): key is string {
  return key !== undefined && key !== '' && key.length <= longestKey && keyPattern.test(key)
}

export function requireBucketName(name: string | undefined): asserts name is string {
  if (!name || name.length > longestBucketName || !bucketPattern.test(name))
    throw errors.invalidBucketName(name ?? '')
}

/** A name that a new bucket may have: no space at its ends, and not of the form that tables in buckets take. */
export function requireNewBucketName(name: string | undefined): asserts name is string {
  requireBucketName(name)
  if (name.trim() !== name || name.endsWith('--table-s3')) throw errors.invalidBucketName(name)
}

/** Bytes of `20GB`, `1.5MB`, `30KB`, `3B` (powers of ten), or of a number. */
export function parseFileSize(value: number | string): number {
  if (typeof value === 'number') return value
  const match = /^(\d+(?:\.\d+)?)(gb|mb|kb|b)$/i.exec(value)
  if (!match) throw errors.invalidFileSizeLimit()
  const units: Record<string, number> = { gb: 1e9, mb: 1e6, kb: 1e3, b: 1 }
  return Math.round(Number(match[1]) * (units[(match[2] ?? 'b').toLowerCase()] ?? 1))
}

/** Throws when an entry of a bucket's allowed types is not a type, `type/*` or `*`. */
export function requireMimePatterns(patterns: readonly string[]): void {
  for (const pattern of patterns) {
    if (
      pattern.length > 1000 ||
      !/^(?:[\w\-+.]+\/(?:[\w\-+.]+(?:;\s*charset=[\w-]+)?|\*)|\*)$/.test(pattern)
    ) {
      throw errors.invalidMimeType(pattern)
    }
  }
}

/** Throws unless `mimeType` is one of the allowed ones. No list: all are. */
export function requireAllowedMime(mimeType: string, allowed: readonly string[] | null | undefined): void {
  if (!allowed || allowed.length === 0) return
  const bare = (text: string) => (text.split(';')[0] ?? '').trim().toLowerCase()
  const [type, subtype] = bare(mimeType).split('/')
  if (!type || !subtype) throw errors.invalidMimeType(mimeType)
  for (const pattern of allowed) {
    if (pattern === '*' || pattern.toLowerCase() === mimeType.toLowerCase()) return
    const [allowedType, allowedSubtype] = bare(pattern).split('/')
    if (allowedType === type && (allowedSubtype === '*' || allowedSubtype === subtype)) return
  }
  throw errors.invalidMimeType(mimeType)
}

/** The folder marker of the dashboards: it must be empty, and no type rule holds for it. */
export function isFolderPlaceholder(name: string): boolean {
  return name.endsWith('.emptyFolderPlaceholder')
}

export function isUuid(value: string | undefined): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(value ?? '')
}
