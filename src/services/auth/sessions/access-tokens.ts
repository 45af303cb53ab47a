import { createSecretKey, type KeyObject } from 'node:crypto'
import { type JWTHeaderParameters, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import type { JwtSettings } from '../settings/jwt.ts'
import type { Json } from '../users/rows.ts'

export type AccessClaims = JWTPayload & {
  readonly role?: string
  readonly session_id?: string
  readonly aal?: string
  readonly is_anonymous?: boolean
  readonly client_id?: string
  readonly app_metadata?: Json
}

export interface AccessTokens {
  sign(claims: JWTPayload): Promise<string>
  /** Rejects with an error whose message says what is wrong. */
  verify(token: string): Promise<AccessClaims>
}

/** How far a client's or another signer's clock may be ahead. */
const skewSeconds = 60

export function createAccessTokens(settings: JwtSettings, now: () => number): AccessTokens {
  const secret = createSecretKey(Buffer.from(settings.secret))
  const { signingKey } = settings
  const header: JWTHeaderParameters = signingKey
    ? { alg: signingKey.algorithm, kid: signingKey.id, typ: 'JWT' }
    : {
        alg: 'HS256',
        ...(settings.keyId === undefined ? {} : { kid: settings.keyId }),
        typ: 'JWT',
      }
  return {
    sign: claims => new SignJWT(claims).setProtectedHeader(header).sign(signingKey?.signing ?? secret),
    async verify(token) {
      const { payload } = await jwtVerify<AccessClaims>(
        token,
        ({ alg, kid }) => keyFor(settings, secret, alg, kid),
        { algorithms: [...settings.algorithms], currentDate: new Date(now()) },
      )
      if (typeof payload.iat === 'number' && payload.iat > now() / 1000 + skewSeconds) {
        throw new Error('token used before issued')
      }
      return payload
    },
  }
}

/** A key answers for its own algorithm only: a public key is never a shared secret. */
function keyFor(
  settings: JwtSettings,
  secret: KeyObject,
  algorithm: string,
  id: string | undefined,
): KeyObject {
  if (id !== undefined && settings.keys.length > 0) {
    const key = settings.keys.find(one => one.id === id)
    if (!key) throw new Error('unrecognized JWT kid')
    if (key.algorithm !== algorithm) throw new Error(`signing method ${algorithm} is invalid for this kid`)
    return key.verifying
  }
  // Tokens without a kid are older than the keys, or made by hand from the secret, as service keys are.
  if (algorithm === 'HS256') return secret
  throw new Error('missing kid')
}
