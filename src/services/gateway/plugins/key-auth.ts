import * as z from 'zod'
import { authenticate, orAnonymous } from './authenticate.ts'
import { definePlugin, type Plugin } from './plugin.ts'
import { valuesOf, withoutParameter } from './query.ts'

const challenge = { 'www-authenticate': 'Key' }

/** A key in a header or the query names the consumer. */
export const keyAuth = definePlugin({
  priority: 1250,
  config: z.strictObject({
    key_names: z.array(z.string()).nonempty().default(['apikey']),
    hide_credentials: z.boolean().default(false),
    key_in_header: z.boolean().default(true),
    key_in_query: z.boolean().default(true),
    key_in_body: z.literal(false).optional(),
    run_on_preflight: z.boolean().default(true),
    anonymous: z.string().nullish(),
  }),
  create(config, { consumers }) {
    const check: Plugin = passage => {
      if (passage.method === 'OPTIONS' && !config.run_on_preflight) return undefined
      for (const name of config.key_names) {
        const field = name.toLowerCase()
        const header = config.key_in_header ? passage.headers[field] : undefined
        const given = Array.isArray(header) ? header : header !== undefined ? [header] : []
        const keys = given.length > 0 || !config.key_in_query ? given : valuesOf(passage.query, name)
        const [key] = keys
        if (keys.length > 1) return { status: 401, message: 'Duplicate API key found' }
        if (key === undefined || key === '') continue
        const consumer = consumers.byKey(key)
        if (!consumer)
          return { status: 401, message: 'Invalid authentication credentials', headers: challenge }
        authenticate(passage, consumer)
        if (config.hide_credentials) {
          passage.upstream.set(field, null)
          passage.query = withoutParameter(passage.query, name)
        }
        return undefined
      }
      return { status: 401, message: 'No API key found in request', headers: challenge }
    }
    return orAnonymous(check, config.anonymous, consumers)
  },
})
