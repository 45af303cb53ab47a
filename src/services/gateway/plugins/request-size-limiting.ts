import * as z from 'zod'
import { tooLarge } from '../refusal.ts'
import { definePlugin } from './plugin.ts'

const units = { bytes: 1, kilobytes: 1024, megabytes: 1024 * 1024 } as const

/** Refuses bodies above a size: by what the request says, and by what really comes. */
export const requestSizeLimiting = definePlugin({
  priority: 951,
  config: z.strictObject({
    allowed_payload_size: z.number().int().min(0).default(128),
    size_unit: z.enum(['bytes', 'kilobytes', 'megabytes']).default('megabytes'),
    require_content_length: z.boolean().default(false),
  }),
  create(config) {
    const limitBytes = config.allowed_payload_size * units[config.size_unit]
    return passage => {
      const said = passage.headers['content-length']
      if (said === undefined && config.require_content_length)
        return { status: 411, message: 'A valid Content-Length header is required' }
      if (Number(said ?? 0) > limitBytes)
        return passage.headers.expect ? { ...tooLarge, status: 417 } : tooLarge
      passage.bodyLimitBytes = Math.min(passage.bodyLimitBytes ?? limitBytes, limitBytes)
      return undefined
    }
  },
})
