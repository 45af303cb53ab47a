import { createHash, timingSafeEqual } from 'node:crypto'
import { decodeJwt } from 'jose'
import type { Call } from '../context.ts'
import { AuthError, errors } from '../errors.ts'
import { grantSession } from '../sessions/grant.ts'
import type { Json } from '../users/rows.ts'
import { accountOf } from './account.ts'
import { customIdTokenProvider } from './custom.ts'
import { knownProviders } from './known-providers.ts'
import { linkIdentity } from './link.ts'
import { type ExternalProfile, profileOfClaims } from './profile.ts'
import { metadataOf } from './providers.ts'

export interface IdTokenRequest {
  readonly idToken: string
  readonly accessToken: string
  readonly nonce: string
  readonly provider: string
  readonly clientId: string
  readonly issuer: string
  /** Whose identity it becomes, when somebody who is signed in adds one. */
  readonly linkTo: string | undefined
}

/** Whose id tokens are taken, and for which clients. */
export interface IdTokenIssuer {
  /** As identities name it. */
  readonly name: string
  readonly issuer: string
  readonly audience: readonly string[]
  readonly skipNonceCheck: boolean
  readonly emailOptional: boolean
}

const fixedIssuers: Readonly<Record<string, string>> = {
  apple: 'https://appleid.apple.com',
  google: 'https://accounts.google.com',
  facebook: 'https://www.facebook.com',
  kakao: 'https://kauth.kakao.com',
}
const azureIssuer = /^https:\/\/login\.microsoftonline\.com\/[0-9a-f-]{36}\/v2\.0\/?$/i
const invalid = (description: string, cause?: unknown) => errors.oauth('invalid request', description, cause)

/** Signs in, or adds an identity, with an id token that a provider gave to an app. */
export async function idTokenGrant(call: Call, request: IdTokenRequest): Promise<Json> {
  if (request.idToken === '') throw invalid('id_token required')
  if (request.provider === '' && (request.clientId === '' || request.issuer === '')) {
    throw invalid('provider or client_id and issuer required')
  }
  const from = await issuerOf(call, request)
  const profile = await profileOfToken(call, from, request)
  const result = await call.database.run<Json | AuthError>(async transaction => {
    const user =
      request.linkTo === undefined
        ? await accountOf(call, transaction, from, profile)
        : await linkIdentity(call, transaction, request.linkTo, from.name, profile)
    if (user instanceof Error) return user
    return grantSession(call, transaction, user, { method: 'oauth', provider: from.name })
  })
  if (result instanceof AuthError) throw result
  return result
}

async function issuerOf(call: Call, request: IdTokenRequest): Promise<IdTokenIssuer> {
  const { provider } = request
  if (provider.startsWith('custom:')) return customIdTokenProvider(call, provider)
  const byIssuer = Object.entries(fixedIssuers).find(([, issuer]) => issuer === request.issuer)?.[0]
  const azure = provider === 'azure' || azureIssuer.test(request.issuer)
  const name = provider !== '' ? provider : azure ? 'azure' : (byIssuer ?? configured(call, request.issuer))
  const settings = name === undefined ? undefined : call.settings.external.get(name)
  const takesTokens =
    name !== undefined &&
    (name in fixedIssuers || name === 'azure' || (settings && !(name in knownProviders)))
  if (name === undefined || !takesTokens) {
    if (provider === '' && call.settings.idTokenIssuers.includes(request.issuer)) {
      return {
        name: request.issuer,
        issuer: request.issuer,
        audience: [request.clientId],
        skipNonceCheck: false,
        emailOptional: false,
      }
    }
    throw errors.oidcNotAllowed(provider)
  }
  const issuer = settings?.url ?? (azure ? azureIssuerOf(request) : (fixedIssuers[name] ?? ''))
  if (!settings?.enabled) throw errors.providerDisabled(issuer)
  const { iosBundleId } = call.settings
  return {
    name,
    issuer,
    audience: [
      ...settings.clientIds,
      ...(name === 'apple' && iosBundleId !== undefined ? [iosBundleId] : []),
    ],
    skipNonceCheck: settings.skipNonceCheck,
    emailOptional: settings.emailOptional,
  }
}

/** A provider of one's own whose address is the issuer. */
function configured(call: Call, issuer: string): string | undefined {
  return [...call.settings.external.values()].find(one => one.url !== undefined && one.url === issuer)?.name
}

/** Every tenant is an issuer of its own; which one, the token says, and its keys prove. */
function azureIssuerOf({ issuer, idToken }: IdTokenRequest): string {
  if (azureIssuer.test(issuer)) return issuer
  let detected: unknown
  try {
    detected = decodeJwt(idToken).iss
  } catch {
    // Below.
  }
  if (typeof detected === 'string' && azureIssuer.test(detected)) return detected
  throw errors.badRequest('Unable to detect issuer in ID token for Azure provider')
}

async function profileOfToken(
  call: Call,
  from: IdTokenIssuer,
  request: IdTokenRequest,
): Promise<ExternalProfile> {
  const found = await call.discovery.find(from.issuer, metadataOf(from.issuer))
  const claims = await call.discovery.verify(found, request.idToken, from.audience).catch(error => {
    const audience = (error as { claim?: string }).claim === 'aud'
    throw invalid(audience ? 'Unacceptable audience in id_token' : 'Bad ID token', error)
  })
  checkAccessToken(claims['at_hash'], request.accessToken)
  if (!from.skipNonceCheck) checkNonce(claims['nonce'], request.nonce)
  const read = knownProviders[from.name]?.read
  return from.name === 'azure' && read
    ? read(claims, { emails: undefined, issuer: from.issuer })
    : profileOfClaims(claims, from.issuer)
}

function checkNonce(inToken: unknown, given: string): void {
  if ((typeof inToken === 'string' && inToken !== '') !== (given !== '')) {
    throw invalid('Passed nonce and nonce in id_token should either both exist or not.')
  }
  if (given === '') return
  const expected = createHash('sha256').update(given).digest('hex')
  const shown = String(inToken)
  if (shown.length !== expected.length || !timingSafeEqual(Buffer.from(shown), Buffer.from(expected))) {
    throw errors.oauth('invalid nonce', 'Nonces mismatch')
  }
}

/** OpenID Connect 3.1.3.6: half of the access token's hash is in the id token. */
function checkAccessToken(inToken: unknown, given: string): void {
  if (given === '' || typeof inToken !== 'string') return
  const half = createHash('sha256').update(given).digest().subarray(0, 16).toString('base64url')
  const long = [
    half,
    createHash('sha384').update(given).digest().subarray(0, 24).toString('base64url'),
    createHash('sha512').update(given).digest().subarray(0, 32).toString('base64url'),
  ]
  if (!long.includes(inToken)) throw invalid('Bad ID token')
}
