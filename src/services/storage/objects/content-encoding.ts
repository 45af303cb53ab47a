/**
 * The codings that an upload says its bytes are in (`gzip`), as a field of an object's metadata; readers are told the same. Without
 * what only frames it on the way; nothing when it says none, or no list of names.
 */
export function contentEncoding(said: string | null | undefined): { readonly contentEncoding?: string } {
  const codings = (said ?? '')
    .split(',')
    .map(coding => coding.trim())
    .filter(coding => coding !== '' && coding.toLowerCase() !== 'aws-chunked')
  const named = codings.length > 0 && codings.length <= 5 && codings.every(isName)
  return named ? { contentEncoding: codings.join(', ') } : {}
}

function isName(coding: string): boolean {
  return /^[\w!#$%&'*+.^`|~-]{1,64}$/.test(coding)
}
