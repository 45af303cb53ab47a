/** What a request prefers, and its words that nobody knows. */
export interface Preferences {
  readonly resolution: 'merge-duplicates' | 'ignore-duplicates' | undefined
  readonly representation: 'representation' | 'minimal' | 'headers-only' | undefined
  readonly params: 'single-object' | undefined
  readonly count: 'exact' | 'planned' | 'estimated' | undefined
  readonly tx: 'commit' | 'rollback' | undefined
  readonly missing: 'default' | 'null' | undefined
  readonly handling: 'strict' | 'lenient' | undefined
  readonly timezone: string | undefined
  readonly maxAffected: number | undefined
  readonly unknown: readonly string[]
}

const choices = {
  resolution: ['merge-duplicates', 'ignore-duplicates'],
  return: ['representation', 'minimal', 'headers-only'],
  params: ['single-object'],
  count: ['exact', 'planned', 'estimated'],
  tx: ['commit', 'rollback'],
  missing: ['default', 'null'],
  handling: ['strict', 'lenient'],
} as const

const known: ReadonlySet<string> = new Set(
  Object.entries(choices).flatMap(([name, values]) => values.map(value => `${name}=${value}`)),
)

export interface PreferenceRules {
  /** Whether a request may say how its transaction ends. */
  readonly mayEnd: boolean
  isTimezone(name: string): boolean
}

/** Reads Prefer. Of several words about one thing the first counts. */
export function parsePreferences(header: string | undefined, rules: PreferenceRules): Preferences {
  const words = header === undefined ? [] : header.split(',').map(word => word.trim())
  const chosen = <N extends keyof typeof choices>(name: N): (typeof choices)[N][number] | undefined => {
    const word = words.find(one => one.startsWith(`${name}=`) && known.has(one))
    return word?.slice(name.length + 1) as (typeof choices)[N][number] | undefined
  }
  const after = (start: string) => words.find(word => word.startsWith(start))?.slice(start.length)
  const zone = after('timezone=')
  const timezone = zone !== undefined && rules.isTimezone(zone) ? zone : undefined
  const affected = after('max-affected=')
  return {
    resolution: chosen('resolution'),
    representation: chosen('return'),
    params: chosen('params'),
    count: chosen('count'),
    tx: rules.mayEnd ? chosen('tx') : undefined,
    missing: chosen('missing'),
    handling: chosen('handling'),
    timezone,
    maxAffected: affected !== undefined && /^-?\d{1,18}$/.test(affected) ? Number(affected) : undefined,
    unknown: words.filter(
      word =>
        !known.has(word) &&
        !(word.startsWith('timezone=') && timezone !== undefined) &&
        !word.startsWith('max-affected='),
    ),
  }
}

/** Of a request that says nothing of it. */
export const nothingPreferred = parsePreferences(undefined, { mayEnd: false, isTimezone: () => false })

type Applied = Exclude<keyof Preferences, 'unknown'>

/** Preference-Applied: of what was asked for, that which this kind of request heeds. */
export function appliedPreferences(
  preferences: Preferences,
  heeded: readonly Applied[],
): Record<string, string> {
  if (preferences === nothingPreferred) return {}
  const strict = preferences.handling === 'strict'
  const words = shownOrder.flatMap(([name, word]) => {
    const said = preferences[name]
    if (said === undefined || !heeded.includes(name) || (name === 'maxAffected' && !strict)) return []
    return [`${word}=${said}`]
  })
  return words.length === 0 ? {} : { 'preference-applied': words.join(', ') }
}

const shownOrder: readonly (readonly [Applied, string])[] = [
  ['resolution', 'resolution'],
  ['missing', 'missing'],
  ['representation', 'return'],
  ['params', 'params'],
  ['count', 'count'],
  ['tx', 'tx'],
  ['handling', 'handling'],
  ['timezone', 'timezone'],
  ['maxAffected', 'max-affected'],
]
