import type { TusCall } from './server.ts'

/** Where the client goes on with its upload: as it sees this service, with the gateway's prefix. */
export function uploadUrl(
  { call, signed }: TusCall,
  at: { readonly proto: string; readonly host: string; readonly path: string; readonly id: string },
): string {
  const { settings, request } = call
  const { headers } = request
  let { proto, host } = at
  if (settings.publicUrl) {
    proto = settings.publicUrl.protocol.replace(':', '')
    host = settings.publicUrl.host
  } else if (headers['x-forwarded-host']) {
    const port = headers['x-forwarded-port']
    if (typeof port === 'string' && /^\d+$/.test(port) && port !== '80' && port !== '443')
      host = `${host.replace(/:\d+$/, '')}:${port}`
  }
  const prefix = headers['x-forwarded-prefix']
  const base = settings.trustForwardedPrefix && typeof prefix === 'string' ? prefix.replace(/\/+$/, '') : ''
  const path = `${base}${at.path}${signed ? '/sign' : ''}`
  return `${proto}://${host}${path}/${Buffer.from(at.id, 'utf8').toString('base64url')}`
}
