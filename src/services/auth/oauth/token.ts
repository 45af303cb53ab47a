import { createHash, timingSafeEqual } from 'node:crypto'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { AuthError, errors } from '../errors.ts'
import { isUuid } from '../sessions/authenticate.ts'
import { sessionAnswer } from '../sessions/grant.ts'
import { refreshSession } from '../sessions/refresh.ts'
import { addRefreshToken } from '../sessions/refresh-tokens.ts'
import { openSession } from '../sessions/sessions.ts'
import type { Json, UserRow } from '../users/rows.ts'
import { isBanned } from '../users/rules.ts'
import { findUserById } from '../users/store.ts'
import { findClient, type OAuthClientRow, secretMatches } from './clients.ts'
import type { AuthorizationRow } from './consent.ts'

/** An approved code must be exchanged within this. */
const codeLifeMs = 10 * 60_000

/** POST /oauth/token: a code or a refresh token becomes tokens. Every refusal has the form of RFC 6749. */
export async function oauthToken(call: Call, form: (name: string) => string): Promise<Json> {
  const client = await authenticate(call, form)
  const grant = form('grant_type')
  if (!client.grant_types.split(',').includes(grant)) {
    const known = grant === 'authorization_code' || grant === 'refresh_token'
    throw known
      ? errors.oauth('unauthorized_client', `this client may not use ${grant}`)
      : errors.oauth('unsupported_grant_type', 'grant_type must be authorization_code or refresh_token')
  }
  try {
    const answer =
      grant === 'authorization_code'
        ? await byCode(call, client, form)
        : await refreshSession(call, form('refresh_token'), client.id)
    const { user: _user, expires_at: _expiresAt, ...tokens } = answer
    return tokens
  } catch (error) {
    if (!(error instanceof AuthError) || error.oauth !== undefined || error.status >= 500) throw error
    throw errors.oauth('invalid_grant', error.message, error)
  }
}

/** By header or body; public clients only say who they are. */
async function authenticate(call: Call, form: (name: string) => string): Promise<OAuthClientRow> {
  const basic = /^basic (\S+)$/i.exec(call.request.headers.authorization ?? '')?.[1]
  const [user, password] = basic === undefined ? [] : split(Buffer.from(basic, 'base64').toString())
  const id = user ?? form('client_id')
  const secret = password ?? form('client_secret')
  const refused = errors.oauthClientRefused()
  if (!isUuid(id)) throw refused
  const client = await call.database
    .run(transaction => findClient(transaction, id))
    .catch(error => {
      // Whoever is not known is told no more than whoever has a wrong secret; a database that is away is no fault of theirs.
      throw error instanceof AuthError && error.status === 404 ? refused : error
    })
  const isPublic = client.client_type === 'public'
  if (isPublic ? secret !== '' : !secretMatches(client, secret)) throw refused
  return client
}

function split(pair: string): [string, string] {
  const at = pair.indexOf(':')
  const decode = (text: string) => {
    try {
      return decodeURIComponent(text)
    } catch {
      return text
    }
  }
  return at < 0 ? [decode(pair), ''] : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))]
}

async function byCode(call: Call, client: OAuthClientRow, form: (name: string) => string): Promise<Json> {
  const result = await call.database.run<Json | AuthError>(async transaction => {
    // Gone with the first use, whatever comes of it.
    const rows = await transaction.query<AuthorizationRow & Record<string, unknown>>(
      "delete from auth.oauth_authorizations where authorization_code = $1 and client_id = $2 and status = 'approved' returning *",
      [form('code'), client.id],
    )
    const authorization = rows[0]
    if (!authorization || expired(call, authorization)) {
      return errors.oauth('invalid_grant', 'the authorization code is unknown, used or expired')
    }
    if (form('redirect_uri') !== authorization.redirect_uri) {
      return errors.oauth('invalid_grant', 'redirect_uri is another than before')
    }
    if (!verifierFits(authorization, form('code_verifier'))) {
      return errors.oauth('invalid_grant', 'code_verifier does not fit the code_challenge')
    }
    const user = await findUserById(transaction, authorization.user_id ?? '')
    if (!user || isBanned(user, call.clock.now()))
      return errors.oauth('invalid_grant', 'the user may not sign in')
    return issue(call, transaction, client, authorization, user)
  })
  if (result instanceof AuthError) throw result
  return result
}

function expired(call: Call, { approved_at: at }: AuthorizationRow): boolean {
  return at === null || at.getTime() + codeLifeMs < call.clock.now()
}

function verifierFits(
  { code_challenge, code_challenge_method }: AuthorizationRow,
  verifier: string,
): boolean {
  const shown = Buffer.from(
    code_challenge_method === 's256' ? createHash('sha256').update(verifier).digest('base64url') : verifier,
  )
  const known = Buffer.from(code_challenge ?? '')
  return shown.length === known.length && timingSafeEqual(shown, known)
}

async function issue(
  call: Call,
  transaction: Transaction,
  client: OAuthClientRow,
  authorization: AuthorizationRow,
  user: UserRow,
): Promise<Json> {
  const method = 'oauth_provider/authorization_code'
  const session = await openSession(
    transaction,
    user.id,
    { method, oauthClientId: client.id, scopes: authorization.scope },
    call,
  )
  const refreshToken = await addRefreshToken(transaction, user.id, session.id)
  const answer = await sessionAnswer(call, transaction, user, session, refreshToken, method)
  const scopes = authorization.scope.split(' ')
  return {
    ...answer,
    scope: authorization.scope,
    ...(scopes.includes('openid') && { id_token: await idToken(call, client, authorization, user, scopes) }),
  }
}

/** OpenID Connect: who signed in, for the program alone. Only with a key that others can check. */
async function idToken(
  call: Call,
  client: OAuthClientRow,
  authorization: AuthorizationRow,
  user: UserRow,
  scopes: readonly string[],
): Promise<string | undefined> {
  const { jwt } = call.settings
  if (jwt.signingKey?.published === undefined) return undefined
  const now = Math.floor(call.clock.now() / 1000)
  const meta = user.raw_user_meta_data ?? {}
  return call.tokens.sign({
    iss: jwt.issuer,
    sub: user.id,
    aud: client.id,
    iat: now,
    exp: now + 3600,
    auth_time: Math.floor((user.last_sign_in_at ?? new Date(call.clock.now())).getTime() / 1000),
    ...(authorization.nonce !== null && { nonce: authorization.nonce }),
    ...(scopes.includes('email') &&
      user.email && {
        email: user.email,
        email_verified: user.email_confirmed_at !== null,
      }),
    ...(scopes.includes('phone') &&
      user.phone && {
        phone_number: user.phone,
        phone_number_verified: user.phone_confirmed_at !== null,
      }),
    ...(scopes.includes('profile') && {
      name: meta['full_name'] ?? meta['name'],
      picture: meta['avatar_url'] ?? meta['picture'],
    }),
  })
}
