import * as z from 'zod'
import { messageOf } from '#kernel'
import type { RequestRecord } from '../request-record.ts'
import { definePlugin } from './plugin.ts'

/** Sends a record of each request to an HTTP endpoint, beside the request: a log that cannot be written holds nobody up. */
export const httpLog = definePlugin({
  priority: 12,
  observes: true,
  config: z.strictObject({
    http_endpoint: z.url({ protocol: /^https?$/ }),
    method: z.enum(['POST', 'PUT', 'PATCH']).default('POST'),
    content_type: z.string().default('application/json'),
    /** Milliseconds. */
    timeout: z.number().int().positive().default(10_000),
    keepalive: z.number().optional(),
    flush_timeout: z.number().optional(),
    retry_count: z.number().optional(),
    queue_size: z.number().int().positive().optional(),
    headers: z.record(z.string(), z.string()).nullish(),
    queue: z
      .strictObject({
        /** Records that wait at most; the oldest are dropped beyond. */
        max_entries: z.number().int().positive().default(10_000),
        max_batch_size: z.number().int().positive().default(1),
        /** Seconds. */
        max_coalescing_delay: z.number().min(0).default(1),
        max_retry_time: z.number().min(0).default(60),
        initial_retry_delay: z.number().positive().default(0.01),
        max_retry_delay: z.number().positive().default(60),
      })
      .prefault({}),
  }),
  create(config, { warn }) {
    const { queue } = config
    const waiting: string[] = []
    let sending = false

    async function drain(): Promise<void> {
      if (sending) return
      sending = true
      while (waiting.length > 0) {
        const batch = waiting.splice(0, queue.max_batch_size)
        const body = queue.max_batch_size > 1 ? `[${batch.join(',')}]` : (batch[0] ?? '')
        await deliver(body)
      }
      sending = false
    }

    async function deliver(body: string): Promise<void> {
      const until = performance.now() + queue.max_retry_time * 1000
      for (let delay = queue.initial_retry_delay; ; delay = Math.min(delay * 2, queue.max_retry_delay)) {
        try {
          const answer = await fetch(config.http_endpoint, {
            method: config.method,
            headers: { ...config.headers, 'content-type': config.content_type },
            body,
            signal: AbortSignal.timeout(config.timeout),
          })
          await answer.arrayBuffer()
          if (answer.ok) return
          throw new Error(`it answered ${answer.status}`)
        } catch (error) {
          if (performance.now() + delay * 1000 >= until)
            return warn(`http-log: a record was lost: ${messageOf(error)}`)
          await new Promise(resolve => setTimeout(resolve, delay * 1000).unref())
        }
      }
    }

    return ({ after }) => {
      after.push(record => {
        waiting.push(JSON.stringify(entryOf(record)))
        if (waiting.length > queue.max_entries) waiting.shift()
        void drain()
      })
      return undefined
    }
  },
})

/** Kong's form of a record. The credentials of a request do not leave with it. */
function entryOf(record: RequestRecord) {
  const { authorization, apikey, cookie, ...headers } = record.headers
  return {
    request: {
      method: record.method,
      uri: record.url.replace(/([?&](?:apikey|token|jwt)=)[^&]*/gi, '$1***'),
      size: record.requestBytes,
      headers: {
        ...headers,
        ...(authorization === undefined ? {} : { authorization: 'REDACTED' }),
        ...(apikey === undefined ? {} : { apikey: 'REDACTED' }),
        ...(cookie === undefined ? {} : { cookie: 'REDACTED' }),
      },
    },
    upstream_uri: record.upstreamUri.replace(/([?&](?:apikey|token|jwt)=)[^&]*/gi, '$1***'),
    response: { status: record.status, size: record.answerBytes, headers: record.answerHeaders },
    latencies: {
      request: Math.round(record.totalMs),
      proxy: Math.round(record.upstreamMs),
      kong: Math.round(record.totalMs - Math.max(0, record.upstreamMs)),
    },
    client_ip: record.clientIp,
    started_at: record.startedAt,
    ...(record.service === '' ? {} : { service: { name: record.service } }),
    ...(record.route === '' ? {} : { route: { name: record.route } }),
    ...(record.consumer ? { consumer: { username: record.consumer.username } } : {}),
  }
}
