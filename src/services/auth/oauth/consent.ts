import { randomBytes, randomUUID } from 'node:crypto'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import type { AccessClaims } from '../sessions/access-tokens.ts'
import { signedIn } from '../sessions/authenticate.ts'
import type { Json, UserRow } from '../users/rows.ts'
import { withQuery } from '../verify/redirect-values.ts'
import { backWithError } from './authorize.ts'
import { findClient, type OAuthClientRow } from './clients.ts'

/** A row of auth.oauth_authorizations. */
export interface AuthorizationRow {
  readonly id: string
  readonly authorization_id: string
  readonly client_id: string
  readonly user_id: string | null
  readonly redirect_uri: string
  readonly scope: string
  readonly state: string | null
  readonly code_challenge: string | null
  readonly code_challenge_method: string | null
  readonly status: 'pending' | 'approved' | 'denied' | 'expired'
  readonly expires_at: Date
  readonly approved_at: Date | null
  readonly nonce: string | null
}

/** What the page shows where a user consents; for somebody who consented before, where the browser goes. */
export async function authorizationDetails(call: Call, claims: AccessClaims, id: string): Promise<Json> {
  return call.database.run(async transaction => {
    const { user, authorization, client } = await open(call, transaction, claims, id)
    const consents = await transaction.query<{ scopes: string }>(
      'select scopes from auth.oauth_consents where user_id = $1 and client_id = $2 and revoked_at is null',
      [user.id, client.id],
    )
    const granted = consents[0]?.scopes.split(' ') ?? []
    if (consents[0] && authorization.scope.split(' ').every(scope => granted.includes(scope))) {
      return { redirect_url: await approve(call, transaction, user, authorization) }
    }
    return {
      authorization_id: authorization.authorization_id,
      redirect_uri: authorization.redirect_uri,
      client: clientSummary(client),
      user: { id: user.id, email: user.email ?? '' },
      scope: authorization.scope,
    }
  })
}

/** The user's answer. Returns where the browser goes. */
export async function decideAuthorization(
  call: Call,
  claims: AccessClaims,
  id: string,
  action: 'approve' | 'deny',
): Promise<Json> {
  return call.database.run(async transaction => {
    const { user, authorization } = await open(call, transaction, claims, id)
    if (action === 'approve') return { redirect_url: await approve(call, transaction, user, authorization) }
    await transaction.query("update auth.oauth_authorizations set status = 'denied' where id = $1", [
      authorization.id,
    ])
    const { redirect_uri: uri, state } = authorization
    return { redirect_url: backWithError(uri, 'access_denied', 'User denied the request', state) }
  })
}

export function clientSummary(client: OAuthClientRow): Json {
  return {
    id: client.id,
    name: client.client_name ?? '',
    uri: client.client_uri ?? '',
    logo_uri: client.logo_uri ?? '',
  }
}

/** A pending authorization, from now on this user's. Throws oauth_authorization_not_found for any other, and for others'. */
async function open(call: Call, transaction: Transaction, claims: AccessClaims, id: string) {
  const { user } = await signedIn(transaction, claims)
  // A program that acts for a user must not consent in their place.
  if (claims.client_id !== undefined) throw errors.oauthClientActs()
  const rows = await transaction.query<AuthorizationRow & Record<string, unknown>>(
    `update auth.oauth_authorizations set user_id = $2
     where authorization_id = $1 and (user_id is null or user_id = $2) and status = 'pending' and expires_at > $3
     returning *`,
    [id, user.id, new Date(call.clock.now())],
  )
  const authorization = rows[0]
  if (!authorization) throw errors.oauthAuthorizationNotFound()
  return { user, authorization, client: await findClient(transaction, authorization.client_id) }
}

async function approve(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  authorization: AuthorizationRow,
): Promise<string> {
  const code = randomBytes(32).toString('base64url')
  await transaction.query(
    `update auth.oauth_authorizations set status = 'approved', approved_at = $2, authorization_code = $3 where id = $1`,
    [authorization.id, new Date(call.clock.now()), code],
  )
  await transaction.query(
    `insert into auth.oauth_consents (id, user_id, client_id, scopes) values ($1, $2, $3, $4)
     on conflict (user_id, client_id) do update
       set scopes = excluded.scopes, granted_at = now(), revoked_at = null`,
    [randomUUID(), user.id, authorization.client_id, authorization.scope],
  )
  return withQuery(authorization.redirect_uri, {
    code,
    ...(authorization.state && { state: authorization.state }),
  })
}
