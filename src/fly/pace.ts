/** Fly's limits, with a little room: one call a second and action for an app or machine, three at once; reading a machine five, ten at once. */
const perAction = { perSecond: 0.95, burst: 3 }
const perRead = { perSecond: 4.5, burst: 10 }

export interface Pacing {
  /** Milliseconds, from any origin. */
  now(): number
  sleep(ms: number): Promise<void>
}

/** Waits its turn, so that a well-behaved client is not told to slow down. `subject`: the app, or app and machine. */
export function createPacer(pacing: Pacing): (action: string, subject: string) => Promise<void> {
  const buckets = new Map<string, { tokens: number; at: number }>()
  return async (action, subject) => {
    const { perSecond, burst } = action === 'machine get' ? perRead : perAction
    const key = `${action} ${subject}`
    const now = pacing.now()
    const known = buckets.get(key) ?? { tokens: burst, at: now }
    const tokens = Math.min(burst, known.tokens + ((now - known.at) / 1000) * perSecond)
    buckets.set(key, { tokens: tokens - 1, at: now })
    if (tokens < 1) await pacing.sleep(((1 - tokens) / perSecond) * 1000)
  }
}
