import { HangarError } from '#kernel'

const replaced = '[redacted]'
/** Names of fields whose values are secrets whatever they look like. */
const secretName =
  /secret|passw|token|credential|assertion|authorization|private|(^|_)(api_?)?key$|(^|_)jwt|connection_string/i
/** What secrets look like when they stand where none is expected: tokens of three parts, passwords in addresses, private keys. */
const secretForms: readonly [RegExp, string][] = [
  [/eyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, replaced],
  [/([a-z][a-z\d+.-]*:\/\/[^:@/\s]*:)[^@/\s]+@/gi, `$1${replaced}@`],
  [/-----BEGIN [^-]*PRIVATE KEY-----[\s\S]*?(-----END [^-]*-----|$)/g, replaced],
  // Long words that mix cases and digits are generated, not written: keys, passwords, tokens.
  [/(?=[\w+=-]*[a-z])(?=[\w+=-]*[A-Z])(?=[\w+=-]*\d)[\w+=-]{24,}/g, replaced],
]
const longest = 2048
const deepest = 6
/** Shorter texts can only have the forms that begin with `eyJ` or have an address in them. */
const shortestSecret = 24

/** A copy without secrets, small enough to be kept for ever. `sensitive`: further fields whose values are left out. */
export function redactInput(input: unknown, sensitive: readonly string[] = []): Record<string, unknown> {
  return JSON.parse(redactedText(input, sensitive)) as Record<string, unknown>
}

/** The same as JSON. */
export function redactedText(input: unknown, sensitive: readonly string[] = []): string {
  const copy = redactValue(input, '', sensitive, 0)
  const isObject = typeof copy === 'object' && copy !== null && !Array.isArray(copy)
  const text = JSON.stringify(isObject ? copy : { value: copy })
  return text.length <= longest || !isObject ? text : JSON.stringify({ truncated: text.slice(0, longest) })
}

/** The same error without what looks like a secret in its words: agents are told what they sent, and that may be anything. */
export function redactError(error: HangarError): HangarError {
  const message = redactText(error.message)
  if (message === error.message) return error
  const { code, status, kind, hint, data, cause } = error
  return new HangarError(message, {
    code,
    status,
    kind,
    cause,
    ...(hint === undefined ? {} : { hint }),
    ...(data === undefined ? {} : { data }),
  })
}

/** Replaces what looks like a secret in a text. */
export function redactText(text: string): string {
  if (text.length < shortestSecret && !text.includes('://') && !text.includes('eyJ')) return text
  let result = text.length > longest * 4 ? `${text.slice(0, longest * 4)}…` : text
  for (const [form, by] of secretForms) result = result.replace(form, by)
  return result
}

function redactValue(value: unknown, name: string, sensitive: readonly string[], depth: number): unknown {
  if (value === undefined || value === null || typeof value === 'boolean' || typeof value === 'number')
    return value
  if (secretName.test(name) || sensitive.includes(name) || depth > deepest) return replaced
  if (typeof value === 'string') return redactText(value)
  if (Array.isArray(value)) return value.slice(0, 50).map(item => redactValue(item, '', sensitive, depth + 1))
  if (typeof value !== 'object') return replaced
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(value).slice(0, 50)) {
    const item = redactValue((value as Record<string, unknown>)[key], key, sensitive, depth + 1)
    // Not assigned: a field of the name __proto__ is to be kept like any other.
    if (key === '__proto__') Object.defineProperty(copy, key, { value: item, enumerable: true })
    else copy[redactText(key)] = item
  }
  return copy
}
