import { createHmac, timingSafeEqual } from 'node:crypto'

/** Whose signature, for when and where: the parts of a credential. */
export interface CredentialScope {
  readonly accessKeyId: string
  /** yyyymmdd */
  readonly day: string
  readonly region: string
  readonly service: string
}

const cache = new Map<string, Buffer>()

export function scopeText({ day, region, service }: Omit<CredentialScope, 'accessKeyId'>): string {
  return `${day}/${region}/${service}/aws4_request`
}

/** The key of one day, region and service; the last ones are kept. */
export function signingKey(
  secret: string,
  { day, region, service }: Omit<CredentialScope, 'accessKeyId'>,
): Buffer {
  const name = JSON.stringify([secret, day, region, service])
  const known = cache.get(name)
  if (known) return known
  const key = [day, region, service, 'aws4_request'].reduce(
    (key: string | Buffer, part) => hmac(key, part),
    `AWS4${secret}`,
  ) as Buffer
  if (cache.size >= 100) cache.delete(cache.keys().next().value as string)
  cache.set(name, key)
  return key
}

export function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

/** Compares in constant time. */
export function sameSignature(expected: Buffer, received: string): boolean {
  const other = /^[0-9a-f]{64}$/i.test(received) ? Buffer.from(received, 'hex') : Buffer.alloc(32)
  return timingSafeEqual(expected, other) && received.length === 64
}
