import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from '#http'
import { studioErrors } from './errors.ts'
import type { StudioSettings } from './settings.ts'

/** Lets a request through when it has the password, came to one of our names and not from another site; throws otherwise. */
export function guard(settings: StudioSettings, request: FastifyRequest, reply: FastifyReply): void {
  const { headers } = request
  const host = hostName(headers.host ?? '')
  if (!isOurs(host, settings.allowedHosts)) throw studioErrors.wrongHost(host)
  const site = headers['sec-fetch-site']
  // A link or a bookmark may open the page; nothing else may come from elsewhere.
  const opensPage = request.method === 'GET' && headers['sec-fetch-mode'] === 'navigate'
  if (typeof site === 'string' && site !== 'same-origin' && site !== 'none' && !opensPage)
    throw studioErrors.crossSite()
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    // A form of another site cannot send this header; a script of another site may not.
    if (headers['x-studio'] === undefined) throw studioErrors.crossSite()
    if (headers.origin !== undefined && originHost(headers.origin) !== host) throw studioErrors.crossSite()
  }
  if (!hasPassword(headers.authorization, settings)) {
    reply.header('www-authenticate', 'Basic realm="Studio", charset="UTF-8"')
    throw studioErrors.unauthorized()
  }
}

function hasPassword(header: string | undefined, { username, password }: StudioSettings): boolean {
  const match = /^Basic\s+(\S+)$/i.exec(header ?? '')
  const given = Buffer.from(match?.[1] ?? '', 'base64').toString('utf8')
  const digest = (text: string) => createHash('sha256').update(text).digest()
  // Digests have one length, so the comparison takes the same time whatever was given.
  return timingSafeEqual(digest(given), digest(`${username}:${password}`)) && match !== null
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? hostName(new URL(origin).host) : undefined
}

function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '')
}

function isOurs(host: string, allowed: readonly string[]): boolean {
  if (['localhost', '127.0.0.1', '[::1]'].includes(host) || host.endsWith('.localhost')) return true
  return allowed.some(name => (name.startsWith('.') ? host.endsWith(name) : host === name))
}
