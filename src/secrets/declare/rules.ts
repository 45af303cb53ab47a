import { conditionHolds, type SecretRule } from '#manifest'

/** How a value breaks a rule, in words that do not give it away; undefined when it does not, or the rule does not count. */
export function brokenRule(
  rule: SecretRule,
  value: string | undefined,
  variables: Readonly<Record<string, string | undefined>>,
  isPublic: boolean,
): string | undefined {
  if (rule.when && !conditionHolds(rule.when, variables)) return undefined
  if (value === undefined || value === '') return rule.set ? 'is not set' : undefined
  // A public value may be named; of a secret only the rule is.
  const shown = isPublic ? `is "${value.slice(0, 80)}"` : 'has a value that is not allowed'
  if (rule.oneOf && !rule.oneOf.includes(value)) return `${shown}; allowed: ${rule.oneOf.join(', ')}`
  if (rule.notOneOf?.includes(value)) return isPublic ? shown : 'has a value that is ruled out'
  if (rule.minLength !== undefined && [...value].length < rule.minLength)
    return `has ${[...value].length} characters; at least ${rule.minLength} are needed`
  if (rule.pattern && !rule.pattern.test(value)) return `does not match ${rule.pattern.source}`
  return undefined
}
