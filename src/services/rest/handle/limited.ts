import type { Caller } from '../identity/tokens.ts'
import type { RestSettings } from '../settings.ts'

/** Settings as that caller has them: a token may say that its holder gets fewer rows than others (`max_rows`), never more. */
export function limited(settings: RestSettings, { claims }: Caller): RestSettings {
  const own = claims['max_rows']
  if (typeof own !== 'number' || !Number.isInteger(own) || own < 1) return settings
  return { ...settings, maxRows: Math.min(own, settings.maxRows ?? own) }
}
