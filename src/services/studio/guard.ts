import { type FastifyReply, type FastifyRequest, hasLogin, hostName, isOwnName } from '#http'
import { studioErrors } from './errors.ts'
import type { StudioSettings } from './settings.ts'

/** Lets a request through when it has the password, came to one of our names and not from another site; throws otherwise. */
export function guard(settings: StudioSettings, request: FastifyRequest, reply: FastifyReply): void {
  const { headers } = request
  const host = hostName(headers.host ?? '')
  if (!isOwnName(host, settings.allowedHosts)) throw studioErrors.wrongHost(host)
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
  if (!hasLogin(headers.authorization, [`${settings.username}:${settings.password}`])) {
    reply.header('www-authenticate', 'Basic realm="Studio", charset="UTF-8"')
    throw studioErrors.unauthorized()
  }
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? hostName(new URL(origin).host) : undefined
}
