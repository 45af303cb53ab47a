export interface Preferences {
  readonly representation: 'minimal' | 'headers-only' | 'full'
  readonly resolution: 'merge-duplicates' | 'ignore-duplicates' | undefined
  readonly count: 'exact' | 'planned' | 'estimated' | undefined
  readonly missing: 'default' | 'null'
  readonly tx: 'commit' | 'rollback' | undefined
  readonly maxAffected: number | undefined
  readonly strict: boolean
  /** What was understood, as it was asked for. */
  readonly applied: readonly string[]
}

const known: Readonly<Record<string, readonly string[]>> = {
  return: ['minimal', 'headers-only', 'representation'],
  resolution: ['merge-duplicates', 'ignore-duplicates'],
  count: ['exact', 'planned', 'estimated'],
  missing: ['default', 'null'],
  tx: ['commit', 'rollback'],
  handling: ['strict', 'lenient'],
}

/** Reads Prefer; the first of several equal names counts. */
export function parsePreferences(header: string | undefined): Preferences {
  const values = new Map<string, string>()
  for (const part of (header ?? '').split(',')) {
    const [name = '', value = ''] = part.trim().split('=')
    const fits = known[name]?.includes(value) || (name === 'max-affected' && /^\d+$/.test(value))
    if (fits && !values.has(name)) values.set(name, value)
  }
  const asked = values.get('return')
  return {
    representation:
      asked === 'representation' ? 'full' : asked === 'headers-only' ? 'headers-only' : 'minimal',
    resolution: values.get('resolution') as Preferences['resolution'],
    count: values.get('count') as Preferences['count'],
    missing: values.get('missing') === 'default' ? 'default' : 'null',
    tx: values.get('tx') as Preferences['tx'],
    maxAffected: values.has('max-affected') ? Number(values.get('max-affected')) : undefined,
    strict: values.get('handling') === 'strict',
    applied: [...values].map(([name, value]) => `${name}=${value}`),
  }
}
