import type { PluginFactory } from './plugin.ts'

/** User name and password name the consumer. */
export const basicAuth: PluginFactory = (config, { consumers }) => {
  const refuse = (message: string) => ({
    status: 401,
    message,
    headers: { 'www-authenticate': 'Basic realm="service"' },
  })
  return passage => {
    const [scheme, value] = (passage.headers.authorization ?? '').split(' ')
    if (scheme?.toLowerCase() !== 'basic' || !value) return refuse('Unauthorized')
    const text = Buffer.from(value, 'base64').toString('utf8')
    const colon = text.indexOf(':')
    const consumer = colon < 0 ? undefined : consumers.byPassword(text.slice(0, colon), text.slice(colon + 1))
    if (!consumer) return refuse('Invalid authentication credentials')
    passage.consumer = consumer
    if (config['hide_credentials'] === true) passage.upstream.set('authorization', null)
    return undefined
  }
}
