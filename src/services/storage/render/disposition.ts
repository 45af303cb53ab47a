/**
 * Content-Disposition of a download under that name; empty: under the name in the address. `filename` is for clients that do not know
 * `filename*` (RFC 6266), and nobody decodes it.
 */
export function disposition(name: string): string {
  if (name === '') return 'attachment;'
  const plain = name.replace(/[^\x20-\x7e]|["\\]/gu, '_')
  const fallback = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(plain) ? plain : `"${plain}"`
  return `attachment; filename=${fallback}; filename*=UTF-8''${encode(name)}`
}

/** Percent-encoding as RFC 8187 has it: quotes and brackets too. */
function encode(name: string): string {
  // Half of a character pair cannot be encoded.
  return encodeURIComponent(name.replace(/[\ud800-\udfff]/gu, '_')).replace(
    /['()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
