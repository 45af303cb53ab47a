/**
 * A value as it is written behind `=`, so that dotenv and dotenvx read exactly it; undefined when no kind of quotes holds it.
 * Single quotes are preferred: in them nothing is filled in.
 */
export function quoteValue(value: string): string | undefined {
  if (/^[\w./:@%+,=^~-]*$/.test(value)) return value
  if (value.includes('\0') || value.endsWith('\\') || value.includes('\u2028') || value.includes('\u2029'))
    return undefined
  if (!value.includes('\r')) return `'${value.replaceAll("'", "\\'")}'`
  // A carriage return survives only as an escape, and only double quotes know escapes; a literal backslash before n, r or t would become one.
  if (/["$]|\\[nrt]/.test(value)) return undefined
  return `"${value.replaceAll('\r', '\\r').replaceAll('\n', '\\n').replaceAll('\t', '\\t')}"`
}
