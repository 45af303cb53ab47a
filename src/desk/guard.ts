import type { IncomingMessage } from 'node:http'
import { deskErrors } from './errors.ts'

export interface Guard {
  /** Throws 403 for a request that a browser was tricked into. */
  check(request: IncomingMessage): void
}

/**
 * Against DNS rebinding and requests across sites: `Host` must be one of the names of this listener, and whatever a browser says of where the
 * request comes from must be that same place. Programs send neither `Origin` nor `Sec-Fetch-Site`.
 */
export function createGuard(hosts: readonly string[], scheme: 'http' | 'https'): Guard {
  const known = new Set(hosts.map(host => host.toLowerCase()))
  const origins = new Set([...known].map(host => `${scheme}://${host}`))
  return {
    check({ headers }) {
      const host = headers.host?.toLowerCase()
      if (host === undefined || !known.has(host)) throw deskErrors.foreignHost()
      const { origin } = headers
      if (origin !== undefined && !origins.has(origin.toLowerCase())) throw deskErrors.foreignOrigin()
      const site = headers['sec-fetch-site']
      if (site !== undefined && site !== 'same-origin' && site !== 'none') throw deskErrors.foreignOrigin()
    },
  }
}

/** The names under which a listener on that address is meant to be reached. */
export function hostsOf(address: string, port: number, names: readonly string[]): string[] {
  const loopback = isLoopback(address) ? ['127.0.0.1', 'localhost', '[::1]'] : []
  const own = address.includes(':') ? `[${address}]` : address
  return [...new Set([...loopback, own, ...names])].map(name => `${name}:${port}`)
}

export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127(\.\d{1,3}){3}$/.test(address)
}
