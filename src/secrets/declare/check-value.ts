import type { SecretDeclaration } from '#manifest'

type Rules = Pick<SecretDeclaration, 'minLength' | 'pattern' | 'bytes' | 'encoding'>

/** What is too weak about a value, in words that do not give it away. Empty: nothing. */
export function weaknesses(value: string, rules: Rules): string[] {
  const found: string[] = []
  const length = [...value].length
  if (rules.minLength !== undefined && length < rules.minLength)
    found.push(`has ${length} characters; at least ${rules.minLength} are needed`)
  if (rules.pattern && !rules.pattern.test(value)) found.push(`does not match ${rules.pattern.source}`)
  if (rules.bytes !== undefined) {
    const bytes = decodedLength(value, rules.encoding ?? 'hex')
    if (bytes === undefined)
      found.push(`is no ${rules.encoding ?? 'hex'}; ${rules.bytes} bytes of it are needed`)
    else if (bytes !== rules.bytes) found.push(`holds ${bytes} bytes; ${rules.bytes} are needed`)
  }
  if (isPlaceholder(value)) found.push('is a placeholder')
  if (value !== value.trim() && !value.trim().includes('\n'))
    found.push('begins or ends with a space or a line break, as after a copy that was cut')
  return found
}

/** Bytes that a value decodes to; undefined when it is not of that encoding. */
export function decodedLength(value: string, encoding: NonNullable<Rules['encoding']>): number | undefined {
  if (encoding === 'text') return Buffer.byteLength(value)
  if (encoding === 'hex') return /^(?:[0-9a-f]{2})*$/i.test(value) ? value.length / 2 : undefined
  const alphabet = encoding === 'base64' ? /^[A-Za-z0-9+/]*={0,2}$/ : /^[A-Za-z0-9_-]*={0,2}$/
  if (!alphabet.test(value)) return undefined
  const digits = value.replace(/=+$/, '')
  return digits.length % 4 === 1 ? undefined : Math.floor((digits.length * 3) / 4)
}

/** What templates and guides put where a value belongs. */
function isPlaceholder(value: string): boolean {
  const word = value.trim().toLowerCase()
  return (
    /^(change[-_ ]?(me|this|it)|replace[-_ ]?(me|this)|todo|tbd|fixme|placeholder|password|passwd|secret|example|none|null|undefined)[!.\d]*$/.test(
      word,
    ) ||
    /^(x{3,}|\*{3,}|\.{3,}|<[^<>]+>|\[[^[\]]+\])$/.test(word) ||
    /^(your|my)[-_ ].*[-_ ](here|key|secret|token|password)$/.test(word) ||
    /[-_ ]here$/.test(word)
  )
}
