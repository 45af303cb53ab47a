import { createHash, timingSafeEqual } from 'node:crypto'

/** The name in a Host header, without its port. */
export function hostName(header: string): string {
  return header.toLowerCase().replace(/:\d+$/, '')
}

/** True for loopback names and for those that are allowed; an entry that begins with a dot is a suffix. Other names are DNS rebinding. */
export function isOwnName(host: string, allowed: readonly string[]): boolean {
  if (['localhost', '127.0.0.1', '[::1]'].includes(host) || host.endsWith('.localhost')) return true
  return allowed.some(name => (name.startsWith('.') ? host.endsWith(name) : host === name))
}

/** True when an Authorization header (Basic) carries one of these `user:password`. The time it takes says nothing about them. */
export function hasLogin(header: string | undefined, logins: readonly string[]): boolean {
  const [, value] = /^Basic\s+(\S+)$/i.exec(header ?? '') ?? []
  const given = digest(Buffer.from(value ?? '', 'base64').toString('utf8'))
  // Digests have one length, and all are compared.
  const found = logins.map(login => timingSafeEqual(given, digest(login)))
  return value !== undefined && found.includes(true)
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
