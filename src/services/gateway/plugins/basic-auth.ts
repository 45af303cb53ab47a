import * as z from 'zod'
import { authenticate, orAnonymous } from './authenticate.ts'
import { definePlugin, type Plugin } from './plugin.ts'

/** User name and password name the consumer. */
export const basicAuth = definePlugin({
  priority: 1100,
  config: z.strictObject({
    hide_credentials: z.boolean().default(false),
    anonymous: z.string().nullish(),
    realm: z.string().default('service'),
  }),
  create(config, { consumers }) {
    const refuse = (message: string) => ({
      status: 401,
      message,
      headers: { 'www-authenticate': `Basic realm="${config.realm}"` },
    })
    const check: Plugin = passage => {
      const [, value] = /^\s*basic\s+(\S+)/i.exec(passage.headers.authorization ?? '') ?? []
      if (value === undefined) return refuse('Unauthorized')
      const text = Buffer.from(value, 'base64').toString('utf8')
      const colon = text.indexOf(':')
      const consumer =
        colon < 0 ? undefined : consumers.byPassword(text.slice(0, colon), text.slice(colon + 1))
      if (!consumer) return refuse('Invalid authentication credentials')
      authenticate(passage, consumer)
      if (config.hide_credentials) passage.upstream.set('authorization', null)
      return undefined
    }
    return orAnonymous(check, config.anonymous, consumers)
  },
})
