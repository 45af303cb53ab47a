import type { FastifyRequest } from '#http'
import { errors } from '../errors.ts'
import type { StorageSettings } from '../settings.ts'
import {
  canonicalPath,
  canonicalRequest,
  emptyDigest,
  stringToSign,
  unsignedPayload,
} from '../sigv4/canonical.ts'
import { type CredentialScope, hmac, sameSignature, scopeText, signingKey } from '../sigv4/keys.ts'

/** A signature as the client sent it. */
export interface ClientSignature {
  readonly scope: CredentialScope
  readonly signedHeaders: readonly string[]
  readonly signature: string
  /** yyyymmddThhmmssZ */
  readonly date: string
  /** In the query: until when. */
  readonly expiresSeconds: number | undefined
  readonly sessionToken: string | undefined
}

const skewMs = 15 * 60 * 1000
const longestExpirySeconds = 7 * 24 * 60 * 60

export function queryOf(request: FastifyRequest): URLSearchParams {
  const url = request.raw.url ?? ''
  const at = url.indexOf('?')
  return new URLSearchParams(at < 0 ? '' : url.slice(at + 1))
}

/** Reads the signature in the Authorization header or the query; undefined when there is none. Throws when it is not one, or too old. */
export function readSignature(request: FastifyRequest, now: number): ClientSignature | undefined {
  const { headers } = request
  if (headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) {
    const fields = new Map(
      headers.authorization
        .slice('AWS4-HMAC-SHA256 '.length)
        .split(',')
        .map(field => {
          const at = field.indexOf('=')
          return [field.slice(0, at).trim(), field.slice(at + 1).trim()] as const
        }),
    )
    const date = one(headers['x-amz-date']) ?? httpDate(headers.date)
    const signature = compose({
      credential: fields.get('Credential'),
      signedHeaders: fields.get('SignedHeaders'),
      signature: fields.get('Signature'),
      date,
      sessionToken: one(headers['x-amz-security-token']),
      expiresSeconds: undefined,
    })
    if (Math.abs(now - timeOf(signature.date)) > skewMs) throw errors.requestTooSkewed()
    return signature
  }
  const query = queryOf(request)
  if (!query.has('X-Amz-Credential')) return undefined
  const expires = Number(query.get('X-Amz-Expires') ?? Number.NaN)
  if (!Number.isInteger(expires) || expires < 0 || expires > longestExpirySeconds)
    throw errors.invalidSignature('Invalid expiration')
  const signature = compose({
    credential: query.get('X-Amz-Credential') ?? undefined,
    signedHeaders: query.get('X-Amz-SignedHeaders') ?? undefined,
    signature: query.get('X-Amz-Signature') ?? undefined,
    date: query.get('X-Amz-Date') ?? undefined,
    sessionToken: query.get('X-Amz-Security-Token') ?? undefined,
    expiresSeconds: expires,
  })
  const signedAt = timeOf(signature.date)
  if (signedAt - now > skewMs) throw errors.requestTooSkewed()
  if (signedAt + expires * 1000 < now) throw errors.expiredSignature()
  return signature
}

export function compose(raw: {
  credential: string | undefined
  signedHeaders: string | undefined
  signature: string | undefined
  date: string | undefined
  sessionToken: string | undefined
  expiresSeconds: number | undefined
}): ClientSignature {
  const { credential, signedHeaders, signature, date, sessionToken, expiresSeconds } = raw
  if (!credential || signedHeaders === undefined || !signature || !date)
    throw errors.invalidSignature('Invalid signature format')
  const parts = credential.split('/')
  const [day = '', region = '', service = '', end] = parts.slice(-4)
  if (parts.length < 5 || end !== 'aws4_request' || !date.startsWith(day))
    throw errors.invalidSignature('Invalid credentials')
  if (Number.isNaN(timeOf(date))) throw errors.invalidSignature('Invalid signature format')
  return {
    scope: { accessKeyId: parts.slice(0, -4).join('/'), day, region, service },
    signedHeaders: signedHeaders === '' ? [] : signedHeaders.toLowerCase().split(';'),
    signature,
    date,
    sessionToken,
    expiresSeconds,
  }
}

/** Whether one of the secrets made that signature over this request. */
export function verifySignature(
  settings: StorageSettings,
  request: FastifyRequest,
  signature: ClientSignature,
  secrets: readonly string[],
): Buffer | undefined {
  // What is not signed can be changed on the way; a signature that leaves out the host is good for any.
  if (!signature.signedHeaders.includes('host'))
    throw errors.invalidSignature('The host header must be signed')
  const query = [...queryOf(request)].filter(([name]) => name !== 'X-Amz-Signature')
  for (const { path, host } of placesOf(settings, request)) {
    for (const payload of payloadsOf(request, signature)) {
      const canonical = canonicalRequest({
        method: request.method,
        path,
        query,
        headers: signedHeaderValues(request, signature.signedHeaders, host),
        signedHeaders: signature.signedHeaders.join(';'),
        payload,
      })
      const text = stringToSign(signature.date, scopeText(signature.scope), canonical)
      for (const secret of secrets) {
        const key = signingKey(secret, signature.scope)
        if (sameSignature(hmac(key, text), signature.signature)) return key
      }
    }
  }
  return undefined
}

/**
 * Path and host as the client may have signed them: as they came, with the gateway's prefix in front, in canonical spelling; and as
 * s3cmd does for an endpoint with a path, which it signs as a part of the host. A prefix that itself holds `/s3` would let a link for
 * one object pass as a link for another.
 */
function* placesOf(
  settings: StorageSettings,
  request: FastifyRequest,
): Generator<{ path: string; host: string }> {
  const path = (request.raw.url ?? '/').split('?')[0] || '/'
  const prefixes = new Set([settings.s3.prefix.replace(/\/+$/, ''), ''])
  const forwarded = one(request.headers['x-forwarded-prefix'])
  if (settings.trustForwardedPrefix && forwarded !== undefined && !/\/s3(\/|$)/i.test(forwarded))
    prefixes.add(forwarded.replace(/\/+$/, ''))
  const hosts = hostsOf(settings, request)
  for (const spelled of new Set([path, canonicalPath(path)]))
    for (const prefix of prefixes) for (const host of hosts) yield { path: `${prefix}${spelled}`, host }
  const below = path.replace(/^\/s3(?=\/|$)/, '') || '/'
  for (const prefix of prefixes)
    for (const host of hosts) yield { path: canonicalPath(below), host: `${host}${prefix}/s3` }
}

/** The host as the client may have signed it; proxies rewrite it and tell the old one in headers. */
function hostsOf(settings: StorageSettings, request: FastifyRequest): Set<string> {
  const { headers } = request
  const hosts: (string | undefined)[] = [settings.publicUrl?.host, headers.host]
  if (settings.s3.trustForwardedHost)
    hosts.push(/host="?([^";,]+)/i.exec(one(headers['forwarded']) ?? '')?.[1])
  if (settings.s3.hostHeader) hosts.push(one(headers[settings.s3.hostHeader]))
  const forwarded = one(headers['x-forwarded-host'])
  if (forwarded !== undefined) {
    const port = one(headers['x-forwarded-port'])
    const bare = forwarded.replace(/:\d+$/, '')
    hosts.push(forwarded, bare, port && `${bare}:${port}`)
  }
  return new Set(
    hosts.filter(host => host !== undefined && host !== '').map(host => String(host).toLowerCase()),
  )
}

/** What may stand for the payload: what the client says, or the words for "not signed" and "nothing". */
function payloadsOf(request: FastifyRequest, signature: ClientSignature): string[] {
  const said = one(request.headers['x-amz-content-sha256'])
  if (signature.expiresSeconds === undefined)
    return said === undefined ? [unsignedPayload, emptyDigest] : [said]
  const inQuery = queryOf(request).get('X-Amz-Content-Sha256')
  return [...new Set([inQuery ?? said ?? unsignedPayload, unsignedPayload])]
}

function signedHeaderValues(
  request: FastifyRequest,
  names: readonly string[],
  host: string,
): [string, string][] {
  const { headers } = request
  return names.flatMap(name => {
    if (name === 'host') return [[name, host]]
    const original = name === 'accept-encoding' ? one(headers['x-original-accept-encoding']) : undefined
    const value = original ?? joined(headers[name])
    if (value !== undefined) return [[name, value]]
    return name === 'content-length' ? [[name, '0']] : []
  })
}

function joined(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(',') : value
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

function timeOf(date: string): number {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(date)
  return match
    ? Date.parse(`${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}Z`)
    : Number.NaN
}

function httpDate(value: string | undefined): string | undefined {
  const at = new Date(value ?? '')
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString().replace(/[-:]|\.\d{3}/g, '')
}
