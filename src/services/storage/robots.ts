import { errors } from './errors.ts'

// What an X-Robots-Tag header may say (the robots rules that search engines know).

const simple = new Set([
  'all',
  'noindex',
  'nofollow',
  'none',
  'nosnippet',
  'indexifembedded',
  'notranslate',
  'noimageindex',
])
const valued = /^(max-snippet|max-image-preview|max-video-preview|unavailable_after):\s*(.*)$/

/** Throws unless the value is a list of rules, each perhaps for one robot. */
export function requireRobotsRules(value: string): void {
  if (value.trim() === '') throw errors.invalidRobots('X-Robots-Tag header value must be a non-empty string')
  if (/[^\x20-\x7e]/.test(value)) throw errors.invalidRobots('invalid character')
  for (const rule of split(value)) requireRule(rule)
}

function requireRule(rule: string): void {
  if (rule === '') throw errors.invalidRobots('X-Robots-Tag header contains empty rule')
  if (simple.has(rule)) return
  const [, name, value = ''] = valued.exec(rule) ?? []
  if (name !== undefined) return requireValue(name, value.trim())
  const colon = rule.indexOf(':')
  if (colon < 0) throw errors.invalidRobots(`Invalid X-Robots-Tag rule: "${rule}"`)
  const rest = rule.slice(colon + 1).trim()
  if (rest === '')
    throw errors.invalidRobots(
      `X-Robots-Tag user agent "${rule.slice(0, colon).trim()}" has no rules specified`,
    )
  requireRobotsRules(rest)
}

function requireValue(name: string, value: string): void {
  if (value === '') throw errors.invalidRobots(`X-Robots-Tag rule "${name}" requires a value`)
  const refuse = (what: string): never => {
    throw errors.invalidRobots(`X-Robots-Tag "${name}" value must be ${what}, got: "${value}"`)
  }
  if (name === 'max-image-preview') {
    if (!['none', 'standard', 'large'].includes(value)) refuse('one of: none, standard, large')
  } else if (name === 'unavailable_after') {
    if (Number.isNaN(Date.parse(value))) refuse('a valid date')
  } else if (!/^-?\d+$/.test(value) || Number(value) < -1) refuse('an integer >= -1')
}

/** Splits at commas, but not at those inside a date. */
function split(value: string): string[] {
  const rules: string[] = []
  for (const piece of value.split(',').map(text => text.trim())) {
    const last = rules.at(-1)
    const inDate = last?.startsWith('unavailable_after:') && !simple.has(piece) && !/^[\w-]+:\s/.test(piece)
    if (inDate) rules[rules.length - 1] = `${last}, ${piece}`
    else rules.push(piece)
  }
  return rules
}
