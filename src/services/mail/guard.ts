import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from '#http'
import { mailErrors } from './errors.ts'
import type { MailSettings } from './settings.ts'

/** Mails hold links that sign people in: only who has the password, under a name of ours, sees them. Throws otherwise. */
export function guard(settings: MailSettings, request: FastifyRequest, reply: FastifyReply): void {
  const host = (request.headers.host ?? '').toLowerCase().replace(/:\d+$/, '')
  if (!isOurs(host, settings.allowedHosts)) throw mailErrors.host(host)
  const site = request.headers['sec-fetch-site']
  const opensPage = request.method === 'GET' && request.headers['sec-fetch-mode'] === 'navigate'
  if (typeof site === 'string' && site !== 'same-origin' && site !== 'none' && !opensPage)
    throw mailErrors.host(host)
  if (settings.logins.length === 0 || hasPassword(request.headers.authorization, settings.logins)) return
  reply.header('www-authenticate', 'Basic realm="Studio", charset="UTF-8"')
  throw mailErrors.unauthorized()
}

function hasPassword(header: string | undefined, logins: readonly string[]): boolean {
  const [, value = ''] = /^Basic\s+(\S+)$/i.exec(header ?? '') ?? []
  const given = digest(Buffer.from(value, 'base64').toString('utf8'))
  // Digests have one length, and all are compared: the time says nothing.
  return logins.map(login => timingSafeEqual(given, digest(login))).some(same => same)
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function isOurs(host: string, allowed: readonly string[]): boolean {
  if (['localhost', '127.0.0.1', '[::1]'].includes(host) || host.endsWith('.localhost')) return true
  return allowed.some(name => (name.startsWith('.') ? host.endsWith(name) : host === name))
}
