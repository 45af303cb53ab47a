import { createSecretKey } from 'node:crypto'
import { type JWTPayload, jwtVerify, SignJWT } from 'jose'
import type { AuthSettings } from '../settings.ts'
import type { Json, UserRow } from '../users/rows.ts'

/** How somebody proved who they are, and when (seconds since 1970). */
export interface Proof {
  readonly method: string
  readonly timestamp: number
}

export type AccessClaims = JWTPayload & {
  readonly role?: string
  readonly session_id?: string
  readonly app_metadata?: Json
}

export interface AccessTokens {
  /** The token of a session, and when it ends in seconds since 1970. */
  issue(
    user: UserRow,
    session: { readonly id: string; readonly aal: string; readonly proofs: readonly Proof[] },
  ): Promise<{ readonly token: string; readonly expiresAt: number }>
  /** Rejects with jose's error, whose message says what is wrong. */
  verify(token: string): Promise<AccessClaims>
}

export function createAccessTokens(settings: AuthSettings['jwt'], now: () => number): AccessTokens {
  const key = createSecretKey(Buffer.from(settings.secret))
  return {
    async issue(user, session) {
      const issuedAt = Math.floor(now() / 1000)
      const expiresAt = issuedAt + settings.expirySeconds
      const token = await new SignJWT({
        iss: settings.issuer,
        sub: user.id,
        aud: user.aud ?? settings.audience,
        exp: expiresAt,
        iat: issuedAt,
        email: user.email ?? '',
        phone: user.phone ?? '',
        app_metadata: user.raw_app_meta_data ?? {},
        user_metadata: user.raw_user_meta_data ?? {},
        role: user.role ?? '',
        aal: session.aal,
        amr: session.proofs,
        session_id: session.id,
        is_anonymous: user.is_anonymous,
      })
        .setProtectedHeader({
          alg: 'HS256',
          ...(settings.keyId === undefined ? {} : { kid: settings.keyId }),
          typ: 'JWT',
        })
        .sign(key)
      return { token, expiresAt }
    },
    verify: async token => (await jwtVerify<AccessClaims>(token, key, { algorithms: ['HS256'] })).payload,
  }
}
