import { restErrors } from '../errors.ts'

export interface Preferences {
  readonly representation: 'minimal' | 'headers-only' | 'representation' | undefined
  readonly resolution: 'merge-duplicates' | 'ignore-duplicates' | undefined
  readonly count: 'exact' | 'planned' | 'estimated' | undefined
  readonly missing: 'default' | 'null' | undefined
  readonly tx: 'commit' | 'rollback' | undefined
  readonly maxAffected: number | undefined
  readonly handling: 'strict' | 'lenient' | undefined
  readonly timezone: string | undefined
  readonly params: 'single-object' | undefined
}

const choices: Readonly<Record<string, readonly string[]>> = {
  return: ['minimal', 'headers-only', 'representation'],
  resolution: ['merge-duplicates', 'ignore-duplicates'],
  count: ['exact', 'planned', 'estimated'],
  missing: ['default', 'null'],
  tx: ['commit', 'rollback'],
  handling: ['strict', 'lenient'],
  params: ['single-object'],
}

/** Reads Prefer; the first of several equal names counts. Throws PGRST122 when handling is strict and something is not understood. */
export function parsePreferences(header: string | undefined): Preferences {
  const values = new Map<string, string>()
  const unknown: string[] = []
  for (const part of (header ?? '').split(',')) {
    const text = part.trim()
    if (text === '') continue
    const at = text.indexOf('=')
    const name = at < 0 ? text : text.slice(0, at).trim()
    const chosen = at < 0 ? '' : text.slice(at + 1).trim()
    if (!isKnown(name, chosen)) unknown.push(text)
    else if (!values.has(name)) values.set(name, chosen)
  }
  if (values.get('handling') === 'strict' && unknown.length > 0) throw restErrors.preferences(unknown)
  const maxAffected = values.get('max-affected')
  return {
    representation: values.get('return') as Preferences['representation'],
    resolution: values.get('resolution') as Preferences['resolution'],
    count: values.get('count') as Preferences['count'],
    missing: values.get('missing') as Preferences['missing'],
    tx: values.get('tx') as Preferences['tx'],
    maxAffected: maxAffected === undefined ? undefined : Number(maxAffected),
    handling: values.get('handling') as Preferences['handling'],
    timezone: values.get('timezone'),
    params: values.get('params') as Preferences['params'],
  }
}

function isKnown(name: string, chosen: string): boolean {
  if (name === 'max-affected') return /^\d+$/.test(chosen)
  if (name === 'timezone') return isTimeZone(chosen)
  return choices[name]?.includes(chosen) ?? false
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
