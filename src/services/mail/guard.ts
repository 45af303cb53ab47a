import { type FastifyReply, type FastifyRequest, hasLogin, hostName, isOwnName } from '#http'
import { mailErrors } from './errors.ts'
import type { MailSettings } from './settings.ts'

/** Mails hold links that sign people in: only who has the password, under a name of ours, sees them. Throws otherwise. */
export function guard(settings: MailSettings, request: FastifyRequest, reply: FastifyReply): void {
  const host = hostName(request.headers.host ?? '')
  if (!isOwnName(host, settings.allowedHosts)) throw mailErrors.host(host)
  const site = request.headers['sec-fetch-site']
  const opensPage = request.method === 'GET' && request.headers['sec-fetch-mode'] === 'navigate'
  if (typeof site === 'string' && site !== 'same-origin' && site !== 'none' && !opensPage)
    throw mailErrors.host(host)
  if (settings.logins.length === 0 || hasLogin(request.headers.authorization, settings.logins)) return
  reply.header('www-authenticate', 'Basic realm="Studio", charset="UTF-8"')
  throw mailErrors.unauthorized()
}
