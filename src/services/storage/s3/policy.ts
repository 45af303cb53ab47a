import { errors } from '../errors.ts'

/** Fields that a policy need not mention: they are its own proof. */
const exempt = new Set([
  'policy',
  'file',
  'x-amz-signature',
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-security-token',
])

/**
 * Throws unless the policy has not expired, each of its conditions holds, and each field of the form is covered by one.
 * Returns the bytes that the file may have.
 */
export function checkPolicy(
  encoded: string,
  fields: ReadonlyMap<string, string>,
  now: number,
): { min: number; max: number } {
  const policy = decode(encoded)
  const until = Date.parse(policy.expiration ?? '')
  if (Number.isNaN(until)) throw errors.invalidSignature('Missing or invalid policy expiration')
  if (until < now) throw errors.expiredSignature()
  if (!Array.isArray(policy.conditions)) throw errors.invalidSignature('Invalid policy conditions')

  const range = { min: 0, max: Number.POSITIVE_INFINITY }
  const covered = new Set<string>()
  for (const condition of policy.conditions) {
    if (Array.isArray(condition) && condition[0] === 'content-length-range') {
      const [min, max] = [Number(condition[1]), Number(condition[2])]
      if (!Number.isInteger(min) || !Number.isInteger(max))
        throw errors.invalidSignature('Invalid policy condition')
      range.min = Math.max(range.min, min)
      range.max = Math.min(range.max, max)
    } else covered.add(checkCondition(condition, fields))
  }
  for (const name of fields.keys()) {
    if (exempt.has(name) || name.startsWith('x-ignore-') || covered.has(name)) continue
    throw errors.accessDenied(`Policy condition failed: field "${name}" is not covered by the policy`)
  }
  return range
}

function checkCondition(condition: unknown, fields: ReadonlyMap<string, string>): string {
  const [operator, name, value] = normalise(condition)
  const actual = fields.get(name)
  const holds = operator === 'eq' ? actual === value : (actual?.startsWith(value) ?? false)
  if (!holds) {
    const rule = operator === 'eq' ? 'does not match' : `does not start with "${value}"`
    throw errors.accessDenied(`Policy condition failed: "${name}" ${rule}`)
  }
  return name
}

function normalise(condition: unknown): [operator: 'eq' | 'starts-with', name: string, value: string] {
  if (Array.isArray(condition)) {
    const [operator, field, value] = condition as unknown[]
    if (
      (operator === 'eq' || operator === 'starts-with') &&
      typeof field === 'string' &&
      field.startsWith('$')
    )
      return [operator, field.slice(1).toLowerCase(), String(value)]
  } else if (typeof condition === 'object' && condition !== null) {
    const [entry, ...more] = Object.entries(condition)
    if (entry && more.length === 0) return ['eq', entry[0].toLowerCase(), String(entry[1])]
  }
  throw errors.invalidSignature('Unsupported policy condition')
}

function decode(encoded: string): { expiration?: string; conditions?: unknown[] } {
  try {
    const policy: unknown = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'))
    if (typeof policy === 'object' && policy !== null) return policy
  } catch {
    // Falls through.
  }
  throw errors.invalidSignature('Invalid POST policy')
}
