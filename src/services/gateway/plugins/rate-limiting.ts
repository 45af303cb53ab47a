import type { PluginFactory } from './plugin.ts'

const windows = { second: 1, minute: 60, hour: 3600, day: 86_400 } as const

/** Counts requests per consumer or address in fixed windows, in this instance alone. */
export const rateLimiting: PluginFactory = (config, { now }) => {
  const limits = Object.entries(windows).flatMap(([name, seconds]) =>
    typeof config[name] === 'number' ? [{ name, seconds, limit: config[name] }] : [],
  )
  const counts = new Map<string, { window: number; count: number }>()
  return ({ consumer, clientIp, answer }) => {
    const who = config['limit_by'] === 'ip' || !consumer ? clientIp : consumer.username
    const time = now() / 1000
    for (const { name, seconds, limit } of limits) {
      const window = Math.floor(time / seconds)
      const key = `${name} ${who}`
      const known = counts.get(key)
      const count = known?.window === window ? known.count + 1 : 1
      if (counts.size > 10_000) counts.clear()
      counts.set(key, { window, count })
      const label = `${name[0]?.toUpperCase()}${name.slice(1)}`
      answer.set(`x-ratelimit-limit-${label}`, String(limit))
      answer.set(`x-ratelimit-remaining-${label}`, String(Math.max(0, limit - count)))
      if (count > limit)
        return {
          status: 429,
          message: 'API rate limit exceeded',
          headers: { 'retry-after': String(Math.ceil((window + 1) * seconds - time)) },
        }
    }
    return undefined
  }
}
