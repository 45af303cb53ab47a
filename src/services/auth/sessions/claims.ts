import type { JWTPayload } from 'jose'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import { hasHook, runHook } from '../hooks/hooks.ts'
import type { Json, UserRow } from '../users/rows.ts'
import type { Proof, SessionRow } from './sessions.ts'

export interface Issued {
  readonly token: string
  /** Seconds since 1970. */
  readonly expiresAt: number
}

/** The access token of a session, with what the custom access token hook makes of its claims. */
export async function issueAccessToken(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  session: SessionRow,
  proofs: readonly Proof[],
  method: string,
): Promise<Issued> {
  const { jwt } = call.settings
  const issuedAt = Math.floor(call.clock.now() / 1000)
  const expiresAt = issuedAt + jwt.expirySeconds
  const claims = {
    iss: jwt.issuer,
    sub: user.id,
    aud: user.aud ?? jwt.audience,
    exp: expiresAt,
    iat: issuedAt,
    email: user.email ?? '',
    phone: user.phone ?? '',
    app_metadata: user.raw_app_meta_data ?? {},
    user_metadata: user.raw_user_meta_data ?? {},
    role: user.role ?? '',
    aal: session.aal ?? 'aal1',
    amr: proofs,
    session_id: session.id,
    is_anonymous: user.is_anonymous,
    ...(session.oauth_client_id === null ? {} : { client_id: session.oauth_client_id }),
    ...(session.scopes === null ? {} : { scope: session.scopes }),
  }
  const final = hasHook(call, 'custom_access_token')
    ? await customised(call, transaction, user, claims, method)
    : claims
  const token = await call.tokens.sign(final)
  return { token, expiresAt: typeof final.exp === 'number' ? final.exp : expiresAt }
}

/** Claims that a hook may change but not take away, with their types. */
const kept: Readonly<Record<string, readonly string[]>> = {
  aud: ['string', 'array'],
  exp: ['number'],
  iat: ['number'],
  sub: ['string'],
  email: ['string'],
  phone: ['string'],
  role: ['string'],
  aal: ['string'],
  session_id: ['string'],
  is_anonymous: ['boolean'],
}

async function customised(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  claims: Json,
  method: string,
): Promise<JWTPayload> {
  const answer = await runHook(call, transaction, 'custom_access_token', {
    user_id: user.id,
    claims,
    authentication_method: method,
  })
  const output = answer['claims']
  if (output === undefined) throw errors.hookFailed('output claims field is missing')
  if (typeof output !== 'object' || output === null || Array.isArray(output)) {
    throw errors.hookFailed('output claims must be an object')
  }
  const wrong = Object.entries(kept).flatMap(([name, types]) => {
    const value = (output as Json)[name]
    if (value === undefined) return [`- (root): ${name} is required`]
    const type = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value
    return types.includes(type) ? [] : [`- ${name}: must be of type ${types[0]}`]
  })
  if (wrong.length > 0) {
    throw errors.hookFailed(`output claims do not conform to the expected schema: \n${wrong.join('\n')}`)
  }
  return output as JWTPayload
}
