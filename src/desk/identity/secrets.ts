import { createHash, hash, randomBytes, timingSafeEqual } from 'node:crypto'

/** A secret of 256 random bits with a prefix that says what it is, so that scanners find one that leaked. */
export function newSecret(prefix: string): string {
  return `${prefix}_${randomBytes(32).toString('base64url')}`
}

/** Secrets here are random and long, so a plain hash is as good as a slow one. */
export function digestOf(secret: string): string {
  return hash('sha256', secret, 'base64url')
}

/** In constant time. `undefined` is compared with something, too, so that an unknown name takes as long as a known one. */
export function matchesDigest(secret: string, digest: string | null | undefined): boolean {
  const given = createHash('sha256').update(secret).digest()
  const known = Buffer.from(digest ?? '', 'base64url')
  const same = timingSafeEqual(given, known.length === given.length ? known : Buffer.alloc(given.length))
  return same && known.length === given.length
}
