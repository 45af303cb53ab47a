import type { Caller } from '../identity/tokens.ts'
import type { RestParts } from './parts.ts'

/** The service as that caller has it: a token may say that its holder gets fewer rows than others (`max_rows`), never more. */
export function limited(parts: RestParts, { claims }: Caller): RestParts {
  const own = claims['max_rows']
  if (typeof own !== 'number' || !Number.isInteger(own) || own < 1) return parts
  const maxRows = Math.min(own, parts.settings.maxRows ?? own)
  return { ...parts, settings: { ...parts.settings, maxRows } }
}
