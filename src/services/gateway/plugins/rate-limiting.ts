import * as z from 'zod'
import { definePlugin } from './plugin.ts'
import { type Period, periods, windowAt } from './window.ts'

const limit = z.number().positive().nullish()
/** Counters of who has not come for longest are forgotten first. */
const rememberAtMost = 10_000

/** Counts requests per consumer or address in fixed windows, in this instance alone. */
export const rateLimiting = definePlugin({
  priority: 910,
  config: z
    .strictObject({
      second: limit,
      minute: limit,
      hour: limit,
      day: limit,
      month: limit,
      year: limit,
      limit_by: z.enum(['consumer', 'credential', 'ip', 'service']).default('consumer'),
      policy: z.literal('local', 'only "local" is available here').default('local'),
      fault_tolerant: z.boolean().optional(),
      hide_client_headers: z.boolean().default(false),
      error_code: z.number().int().min(400).max(599).default(429),
      error_message: z.string().default('API rate limit exceeded'),
    })
    .refine(config => periods.some(period => config[period] != null), `needs one of ${periods.join(', ')}`),
  create(config, { now }) {
    const limits = periods.flatMap((period): [Period, number][] =>
      config[period] == null ? [] : [[period, config[period]]],
    )
    const counts = new Map<string, { window: string; count: number }>()
    return ({ consumer, clientIp, answer }) => {
      const who =
        config.limit_by === 'service'
          ? ''
          : config.limit_by === 'ip' || !consumer
            ? `ip ${clientIp}`
            : `consumer ${consumer.username}`
      let waitSeconds: number | undefined
      for (const [period, limit] of limits) {
        const window = windowAt(period, now())
        const key = `${period} ${who}`
        const known = counts.get(key)
        const count = known?.window === window.name ? known.count + 1 : 1
        counts.delete(key)
        counts.set(key, { window: window.name, count })
        if (counts.size > rememberAtMost) counts.delete(counts.keys().next().value as string)
        if (!config.hide_client_headers) {
          const label = `${period[0]?.toUpperCase()}${period.slice(1)}`
          answer.set(`x-ratelimit-limit-${label}`, String(limit))
          answer.set(`x-ratelimit-remaining-${label}`, String(Math.max(0, limit - count)))
        }
        if (count > limit) waitSeconds = Math.max(waitSeconds ?? 0, window.endsInSeconds)
      }
      if (waitSeconds === undefined) return undefined
      return {
        status: config.error_code,
        message: config.error_message,
        ...(config.hide_client_headers ? {} : { headers: { 'retry-after': String(waitSeconds) } }),
      }
    }
  },
})
