import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'
import type { Clock } from '#kernel'
import { errors } from '../errors.ts'
import { ask } from '../outbound.ts'

/** What is used of an OpenID provider's metadata. */
export interface Discovered {
  readonly issuer: string
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  readonly userinfoEndpoint: string | undefined
  readonly jwksUri: string
}

export interface Discovery {
  /** Metadata of the issuer. Throws unexpected_failure when it cannot be had or is somebody else's. */
  find(issuer: string, metadataUrl: string): Promise<Discovered>
  /** Claims of an id token that this provider signed. Rejects with jose's error. */
  verify(
    provider: Pick<Discovered, 'issuer' | 'jwksUri'>,
    idToken: string,
    audience: readonly string[],
  ): Promise<JWTPayload>
}

const lifeMs = 3_600_000
const maxKnown = 100
/** Whatever signs with a shared secret, or not at all, is no proof of who signed. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']

export function createDiscovery(clock: Clock): Discovery {
  const known = new Map<string, { readonly found: Promise<Discovered>; readonly untilMs: number }>()
  const keys = new Map<string, ReturnType<typeof createRemoteJWKSet>>()
  return {
    find(issuer, url) {
      const cached = known.get(url)
      if (cached && cached.untilMs > clock.now()) return cached.found
      const found = discover(issuer, url)
      remember(known, url, { found, untilMs: clock.now() + lifeMs })
      found.catch(() => known.delete(url))
      return found
    },
    async verify({ issuer, jwksUri }, idToken, audience) {
      let set = keys.get(jwksUri)
      if (!set) {
        set = createRemoteJWKSet(new URL(jwksUri), { timeoutDuration: 5000, cacheMaxAge: lifeMs })
        remember(keys, jwksUri, set)
      }
      const { payload } = await jwtVerify(idToken, set, {
        issuer,
        audience: [...audience],
        algorithms,
        currentDate: new Date(clock.now()),
        clockTolerance: 5,
        requiredClaims: ['sub', 'exp', 'iat'],
      })
      return payload
    },
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  const oldest = map.keys().next()
  if (map.size > maxKnown && !oldest.done) map.delete(oldest.value)
}

async function discover(issuer: string, url: string): Promise<Discovered> {
  const fail = (why: string, cause?: unknown) =>
    errors.providerFailed(`The OpenID configuration of ${issuer} cannot be used: ${why}`, cause)
  const answer = await ask(url, { timeoutMs: 5000, maxBytes: 256 * 1024 }).catch(error => {
    throw fail('it cannot be reached', error)
  })
  if (answer.status !== 200) throw fail(`status ${answer.status}`)
  let document: Record<string, unknown>
  try {
    document = JSON.parse(answer.text)
  } catch (error) {
    throw fail('it is not JSON', error)
  }
  // Who could put another's metadata here could sign in as anybody.
  if (document['issuer'] !== issuer) throw fail(`it is of another issuer`)
  const read = (name: string) => {
    const value = document[name]
    if (typeof value !== 'string' || !URL.canParse(value)) throw fail(`${name} is missing`)
    return value
  }
  return {
    issuer,
    authorizationEndpoint: read('authorization_endpoint'),
    tokenEndpoint: read('token_endpoint'),
    userinfoEndpoint: document['userinfo_endpoint'] === undefined ? undefined : read('userinfo_endpoint'),
    jwksUri: read('jwks_uri'),
  }
}
