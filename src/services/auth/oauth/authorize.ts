import { randomBytes, randomUUID } from 'node:crypto'
import type { Call } from '../context.ts'
import { AuthError, errors } from '../errors.ts'
import { isUuid } from '../sessions/authenticate.ts'
import { withQuery } from '../verify/redirect-values.ts'
import { findClient } from './clients.ts'

export const scopes = ['openid', 'profile', 'email', 'phone', 'offline_access'] as const

/** What a program asks for at /oauth/authorize. */
export type AuthorizationRequest = (name: string) => string

/**
 * Begins an authorization and returns where the browser goes: to the site's page where the user consents, or back to the program with an
 * error. Throws when the program or its address is not known: then nobody is sent anywhere.
 */
export async function beginAuthorization(call: Call, request: AuthorizationRequest): Promise<string> {
  const clientId = request('client_id')
  const redirectUri = request('redirect_uri')
  if (!isUuid(clientId))
    throw errors.oauth('invalid_request', 'client_id is required and must be a known client')
  const client = await call.database.run(transaction => findClient(transaction, clientId))
  // Compared letter by letter, as OAuth 2.1 has it.
  if (!client.redirect_uris.split(',').includes(redirectUri)) {
    throw errors.oauth('invalid_request', 'redirect_uri is none of the client’s')
  }
  try {
    const wanted = check(call, request)
    const id = randomBytes(24).toString('base64url')
    await call.database.run(transaction =>
      transaction.query(
        `insert into auth.oauth_authorizations (id, authorization_id, client_id, redirect_uri, scope, state, resource,
           code_challenge, code_challenge_method, nonce, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
        [
          randomUUID(),
          id,
          client.id,
          redirectUri,
          wanted.scope,
          request('state') || null,
          request('resource') || null,
          wanted.challenge,
          wanted.method,
          request('nonce') || null,
          new Date(call.clock.now()),
          new Date(call.clock.now() + call.settings.oauthServer.authorizationLifeMs),
        ],
      ),
    )
    const page = new URL(call.settings.oauthServer.authorizationPath, call.settings.siteUrl)
    return withQuery(page.href, { authorization_id: id })
  } catch (error) {
    if (!(error instanceof AuthError) || error.oauth === undefined) throw error
    return backWithError(redirectUri, error.oauth, error.message, request('state'))
  }
}

export function backWithError(redirectUri: string, error: string, why: string, state: string | null): string {
  return withQuery(redirectUri, { error, error_description: why, ...(state && { state }) })
}

function check(call: Call, request: AuthorizationRequest) {
  if (request('response_type') !== 'code') {
    throw errors.oauth('unsupported_response_type', 'response_type must be code')
  }
  const challenge = request('code_challenge')
  const method = request('code_challenge_method').toLowerCase() || 'plain'
  // OAuth 2.1: every client proves that it is the one that asked.
  if (!/^[\w.~-]{43,128}$/.test(challenge)) {
    throw errors.oauth('invalid_request', 'PKCE is required: code_challenge must be 43 to 128 characters')
  }
  if (method !== 's256' && method !== 'plain') {
    throw errors.oauth('invalid_request', 'code_challenge_method must be S256 or plain')
  }
  const asked = (request('scope') || call.settings.oauthServer.defaultScope).split(/\s+/).filter(Boolean)
  const unknown = asked.find(one => !(scopes as readonly string[]).includes(one))
  if (unknown !== undefined) throw errors.oauth('invalid_scope', `scope must be of: ${scopes.join(' ')}`)
  if (request('state').length > 4096) throw errors.oauth('invalid_request', 'state is too long')
  if (request('nonce').length > 255) throw errors.oauth('invalid_request', 'nonce is too long')
  const resource = request('resource')
  if (resource !== '' && (!URL.canParse(resource) || resource.includes('#') || resource.length > 2048)) {
    throw errors.oauth('invalid_target', 'resource must be an absolute address without a fragment')
  }
  return { challenge, method, scope: [...new Set(asked)].join(' ') }
}
