import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import type { Body } from '../routes/body.ts'
import type { Json } from '../users/rows.ts'

/** A program that may ask for access in the name of users. */
export interface OAuthClientRow {
  readonly id: string
  readonly client_secret_hash: string | null
  readonly registration_type: 'dynamic' | 'manual'
  readonly redirect_uris: string
  readonly grant_types: string
  readonly client_name: string | null
  readonly client_uri: string | null
  readonly logo_uri: string | null
  readonly client_type: 'public' | 'confidential'
  readonly token_endpoint_auth_method: 'none' | 'client_secret_basic' | 'client_secret_post'
  readonly created_at: Date
  readonly updated_at: Date
}

export interface OAuthClientValues {
  readonly name: string | undefined
  readonly uri: string | undefined
  readonly logoUri: string | undefined
  readonly redirectUris: readonly string[] | undefined
  readonly grantTypes: readonly string[] | undefined
  readonly authMethod: OAuthClientRow['token_endpoint_auth_method'] | undefined
}

const grants = ['authorization_code', 'refresh_token']
const authMethods = ['none', 'client_secret_basic', 'client_secret_post']

/** Throws validation_failed for what no client may have. */
export function clientValues(body: Body): OAuthClientValues {
  const redirectUris = body.list('redirect_uris')
  const grantTypes = body.list('grant_types')
  const responseTypes = body.list('response_types')
  const authMethod = body.optionalText('token_endpoint_auth_method') || undefined
  const type = body.optionalText('client_type') || undefined
  for (const uri of redirectUris ?? []) checkRedirectUri(uri)
  if (redirectUris && (redirectUris.length === 0 || redirectUris.length > 10)) {
    throw errors.badRequest('redirect_uris must hold one to ten addresses')
  }
  const unknown = grantTypes?.find(one => !grants.includes(one))
  if (unknown !== undefined) throw errors.badRequest(`grant_types must be one of: ${grants.join(', ')}`)
  if (responseTypes?.some(one => one !== 'code')) throw errors.badRequest('response_types must be: code')
  if (authMethod !== undefined && !authMethods.includes(authMethod)) {
    throw errors.badRequest(`token_endpoint_auth_method must be one of: ${authMethods.join(', ')}`)
  }
  if (type !== undefined && type !== 'public' && type !== 'confidential') {
    throw errors.badRequest('client_type must be public or confidential')
  }
  if (type !== undefined && authMethod !== undefined && (type === 'public') !== (authMethod === 'none')) {
    throw errors.badRequest('client_type and token_endpoint_auth_method do not fit: public clients use none')
  }
  return {
    name: within(body.optionalText('client_name'), 1024, 'client_name'),
    uri: address(body.optionalText('client_uri'), 'client_uri'),
    logoUri: address(body.optionalText('logo_uri'), 'logo_uri'),
    redirectUris,
    grantTypes,
    authMethod: (authMethod ??
      (type === undefined ? undefined : type === 'public' ? 'none' : 'client_secret_basic')) as
      | OAuthClientRow['token_endpoint_auth_method']
      | undefined,
  }
}

/** Codes go to https, to this machine, or to an app's own scheme; never to a script. */
function checkRedirectUri(uri: string): void {
  const url = URL.canParse(uri) ? new URL(uri) : undefined
  const local = url?.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  const script = ['javascript:', 'data:', 'vbscript:', 'file:', 'blob:', 'about:'].includes(
    url?.protocol ?? '',
  )
  const bad = !url || script || (url.protocol === 'http:' && !local) || uri.includes('#') || uri.length > 2048
  if (bad) throw errors.badRedirectUri(uri)
}

function within(value: string | undefined, length: number, name: string): string | undefined {
  if (value !== undefined && value.length > length) throw errors.badRequest(`${name} is too long`)
  return value
}

function address(value: string | undefined, name: string): string | undefined {
  if (value === undefined || value === '') return value
  if (value.length > 2048 || !/^https?:$/.test(URL.canParse(value) ? new URL(value).protocol : '')) {
    throw errors.badRequest(`${name} must be a web address`)
  }
  return value
}

/** The secret is shown here and never again. */
export async function insertClient(
  transaction: Transaction,
  values: OAuthClientValues,
  registration: OAuthClientRow['registration_type'],
): Promise<{ readonly client: OAuthClientRow; readonly secret: string | undefined }> {
  if (!values.redirectUris) throw errors.badRequest('redirect_uris is required')
  const method = values.authMethod ?? 'client_secret_basic'
  const secret = method === 'none' ? undefined : newSecret()
  const rows = await transaction.query<OAuthClientRow & Record<string, unknown>>(
    `insert into auth.oauth_clients (id, client_secret_hash, registration_type, redirect_uris, grant_types, client_name,
       client_uri, logo_uri, client_type, token_endpoint_auth_method)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning *`,
    [
      randomUUID(),
      secret === undefined ? null : hashSecret(secret),
      registration,
      values.redirectUris.join(','),
      (values.grantTypes ?? grants).join(','),
      values.name ?? null,
      values.uri || null,
      values.logoUri || null,
      method === 'none' ? 'public' : 'confidential',
      method,
    ],
  )
  return { client: rows[0] as OAuthClientRow, secret }
}

/** Throws oauth_client_not_found. */
export async function findClient(transaction: Transaction, id: string): Promise<OAuthClientRow> {
  const rows = await transaction.query<OAuthClientRow & Record<string, unknown>>(
    'select * from auth.oauth_clients where id = $1 and deleted_at is null',
    [id],
  )
  if (!rows[0]) throw errors.oauthClientNotFound()
  return rows[0]
}

export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Secrets are random and long: one hash will do. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}

export function secretMatches(client: OAuthClientRow, secret: string): boolean {
  const shown = Buffer.from(hashSecret(secret))
  const known = Buffer.from(client.client_secret_hash ?? '')
  return shown.length === known.length && timingSafeEqual(shown, known)
}

export function clientView(row: OAuthClientRow, secret?: string): Json {
  return {
    client_id: row.id,
    client_secret: secret,
    client_type: row.client_type,
    token_endpoint_auth_method: row.token_endpoint_auth_method,
    registration_type: row.registration_type,
    redirect_uris: row.redirect_uris.split(','),
    grant_types: row.grant_types.split(','),
    response_types: ['code'],
    client_name: row.client_name ?? undefined,
    client_uri: row.client_uri ?? undefined,
    logo_uri: row.logo_uri ?? undefined,
    created_at: row.created_at,
    updated_at: row.updated_at,
  }
}
