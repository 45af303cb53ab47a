import { restErrors } from '../errors.ts'

export type Claims = Readonly<Record<string, unknown>>

/** Reads claims as PostgREST does, for which those of RFC 7519 must be what they should be: null is as if they were not there, and a list of one audience is that audience. Throws PGRST301. */
export function claimsOf(payload: Uint8Array): Claims {
  const claims = { ...objectOf(payload) }
  for (const [name, check] of registered) {
    if (claims[name] === undefined) continue
    if (claims[name] === null) delete claims[name]
    else {
      const reason = check(claims[name])
      if (reason !== undefined) throw unreadable(`$.${name}: ${reason}`)
    }
  }
  const { aud } = claims
  return Array.isArray(aud) && aud.length === 1 ? { ...claims, aud: aud[0] } : claims
}

function objectOf(payload: Uint8Array): Record<string, unknown> {
  let found: unknown
  try {
    found = JSON.parse(Buffer.from(payload).toString())
  } catch {
    throw unreadable('$: not valid JSON')
  }
  const reason = mismatch(found, 'JWT Claims Set', 'Object')
  if (reason !== undefined) throw unreadable(`$: ${reason}`)
  return found as Record<string, unknown>
}

type Check = (value: unknown) => string | undefined

const isDate: Check = value => mismatch(value, 'NumericDate', 'Number')

/** A text with a colon in it must be a URI. */
const isName: Check = value =>
  mismatch(value, 'StringOrURI', 'String') ??
  (String(value).includes(':') && !uri.test(String(value)) ? 'failed to parse StringOrURI' : undefined)

const isAudience: Check = value =>
  Array.isArray(value) && value.every(one => isName(one) === undefined) ? undefined : isName(value)

/** In the order in which they are looked at. */
const registered: readonly (readonly [string, Check])[] = [
  ['iss', isName],
  ['sub', isName],
  ['aud', isAudience],
  ['exp', isDate],
  ['nbf', isDate],
  ['iat', isDate],
  ['jti', value => mismatch(value, 'Text', 'String')],
]

/** A scheme, and what may stand in a URI; an address of IPv6 in brackets. */
const uri =
  /^[a-z][a-z0-9+.-]*:(\/\/([^@/?#[\]]*@)?\[[0-9a-f:.]+\])?([a-z0-9\-._~:/?@!$&'()*+,;=]|%[0-9a-f]{2})*(#([a-z0-9\-._~:/?@!$&'()*+,;=]|%[0-9a-f]{2})*)?$/i

function mismatch(value: unknown, what: string, wanted: string): string | undefined {
  const kind = kindOf(value)
  return kind === wanted ? undefined : `parsing ${what} failed, expected ${wanted}, but encountered ${kind}`
}

function kindOf(value: unknown): string {
  if (value === null) return 'Null'
  if (Array.isArray(value)) return 'Array'
  const type = typeof value
  return `${type.charAt(0).toUpperCase()}${type.slice(1)}`
}

function unreadable(where: string) {
  return restErrors.jwt(`JWTClaimsSetDecodeError ${JSON.stringify(`Error in ${where}`)}`)
}
