import type { Caller } from '../identity/tokens.ts'
import type { RestSettings } from '../settings.ts'

/**
 * Settings as that caller has them: a token may say that its holder gets fewer rows (`max_rows`) and less time (`statement_timeout_ms`) than
 * others, never more rows. The time is in the token because a role could change what is said of it in the database.
 */
export function limited(settings: RestSettings, { claims }: Caller): RestSettings {
  const rows = countOf(claims['max_rows'])
  const timeMs = countOf(claims['statement_timeout_ms'])
  if (rows === undefined && timeMs === undefined) return settings
  return {
    ...settings,
    ...(rows === undefined ? {} : { maxRows: Math.min(rows, settings.maxRows ?? rows) }),
    // The last word in the transaction's settings.
    ...(timeMs === undefined
      ? {}
      : { appSettings: [...settings.appSettings, ['statement_timeout', String(timeMs)] as const] }),
  }
}

function countOf(claim: unknown): number | undefined {
  return typeof claim === 'number' && Number.isInteger(claim) && claim > 0 ? claim : undefined
}
