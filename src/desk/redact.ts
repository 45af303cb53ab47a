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

/** A copy without secrets, small enough to be kept for ever. `sensitive`: further fields whose values are left out. */
export function redactInput(input: unknown, sensitive: readonly string[] = []): Record<string, unknown> {
  const copy = redactValue(input, '', sensitive, 0)
  if (typeof copy !== 'object' || copy === null || Array.isArray(copy)) return { value: copy }
  return JSON.stringify(copy).length <= longest
    ? (copy as Record<string, unknown>)
    : { truncated: JSON.stringify(copy).slice(0, longest) }
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
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, 50)
      .map(([key, item]) => [redactText(key), redactValue(item, key, sensitive, depth + 1)]),
  )
}
