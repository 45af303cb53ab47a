import * as z from 'zod'
import { definePlugin } from './plugin.ts'

/** Counts requests for `/metrics` on the status listener. */
export const prometheus = definePlugin({
  priority: 13,
  observes: true,
  config: z.strictObject({
    per_consumer: z.boolean().default(false),
    status_code_metrics: z.boolean().default(false),
    latency_metrics: z.boolean().default(false),
    bandwidth_metrics: z.boolean().default(false),
    upstream_health_metrics: z.literal(false, 'is not available here').optional(),
  }),
  create(config, { metrics }) {
    const wanted = {
      perConsumer: config.per_consumer,
      statusCodes: config.status_code_metrics,
      latency: config.latency_metrics,
      bandwidth: config.bandwidth_metrics,
    }
    return ({ after }) => {
      after.push(record => metrics.record(record, wanted))
      return undefined
    }
  },
})
