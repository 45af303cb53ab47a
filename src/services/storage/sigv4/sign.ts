import { canonicalRequest, encodeStrictly, stringToSign } from './canonical.ts'
import { hmac, scopeText, signingKey } from './keys.ts'

export interface Signer {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  readonly region: string
}

/** Headers that sign a request: those given, and what the signature adds. */
export function signedHeaders(
  signer: Signer,
  request: {
    readonly method: string
    readonly host: string
    /** Percent-encoded. */
    readonly path: string
    readonly query: readonly (readonly [string, string])[]
    readonly headers: Readonly<Record<string, string>>
    readonly payload: string
  },
  now: Date = new Date(),
): Record<string, string> {
  const date = now.toISOString().replace(/[-:]|\.\d{3}/g, '')
  const scope = { day: date.slice(0, 8), region: signer.region, service: 's3' }
  const headers: Record<string, string> = {
    ...request.headers,
    host: request.host,
    'x-amz-date': date,
    'x-amz-content-sha256': request.payload,
    ...(signer.sessionToken === undefined ? {} : { 'x-amz-security-token': signer.sessionToken }),
  }
  const sorted = Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1))
  const names = sorted.map(([name]) => name).join(';')
  const canonical = canonicalRequest({ ...request, headers: sorted, signedHeaders: names })
  const signature = hmac(
    signingKey(signer.secretAccessKey, scope),
    stringToSign(date, scopeText(scope), canonical),
  ).toString('hex')
  headers['authorization'] =
    `AWS4-HMAC-SHA256 Credential=${signer.accessKeyId}/${scopeText(scope)}, SignedHeaders=${names}, Signature=${signature}`
  return headers
}

/** A key as a path: each segment encoded, the slashes kept. */
export function encodeKey(key: string): string {
  return key.split('/').map(encodeStrictly).join('/')
}
