import type { Clock } from '#kernel'

/** Fly's limits: one request per second and action for a machine or app, bursts of three; reading a machine five, bursts of ten. */
const perAction = { perSecond: 1, burst: 3 }
const perRead = { perSecond: 5, burst: 10 }
const deletes = { perSecond: 100 / 60, burst: 100 }

/** Token buckets by action and subject. Returns the seconds to wait when there is no token, otherwise undefined. */
export function createRateLimits(clock: Clock) {
  const buckets = new Map<string, { tokens: number; at: number }>()

  return (method: string, path: string, subject: string): number | undefined => {
    const limit = limitOf(method, path)
    const key = `${method} ${path} ${subject}`
    const now = clock.monotonic() / 1000
    const known = buckets.get(key) ?? { tokens: limit.burst, at: now }
    const tokens = Math.min(limit.burst, known.tokens + (now - known.at) * limit.perSecond)
    if (buckets.size > 50_000) buckets.clear()
    if (tokens < 1) {
      buckets.set(key, { tokens, at: now })
      return Math.ceil((1 - tokens) / limit.perSecond)
    }
    buckets.set(key, { tokens: tokens - 1, at: now })
    return undefined
  }
}

function limitOf(method: string, path: string) {
  if (method === 'GET' && path.endsWith('/machines/{machine_id}')) return perRead
  if (method === 'DELETE' && path === '/apps/{app_name}') return deletes
  return perAction
}
