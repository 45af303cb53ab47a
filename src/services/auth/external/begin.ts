import { createHash } from 'node:crypto'
import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import { type Flow, saveFlow } from '../verify/flows.ts'
import { beginOAuth1 } from './oauth1.ts'
import { findProvider } from './providers.ts'
import { newState } from './state.ts'

export interface ExternalRequest {
  readonly provider: string
  /** Further scopes, separated by spaces or commas. */
  readonly scopes: string
  readonly redirectTo: string
  readonly flow: Flow | undefined
  readonly inviteToken: string
  readonly linkTo: string | undefined
  /** Parameters that go to the provider as they are. */
  readonly parameters: Readonly<Record<string, string>>
}

/** Ours to set: nobody chooses them from outside. */
const reserved = [
  'client_id',
  'redirect_uri',
  'response_type',
  'state',
  'scope',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'response_mode',
  'request',
  'request_uri',
]

/** The address at the provider where somebody signs in. */
export async function beginExternal(call: Call, request: ExternalRequest): Promise<string> {
  const provider = await findProvider(call, request.provider)
  if (request.inviteToken !== '') await checkInvite(call, request.inviteToken)
  const { flow } = request
  const flowId = flow
    ? await call.database.run(transaction =>
        saveFlow(transaction, { flow, provider: provider.name, method: 'oauth' }),
      )
    : undefined
  const state = await newState(call, {
    provider: provider.name,
    redirectTo: request.redirectTo,
    flowId,
    inviteToken: request.inviteToken || undefined,
    linkTo: request.linkTo,
  })
  if (provider.requestTokenUrl !== undefined) return beginOAuth1(call, provider, state)
  const { token, verifier, nonce } = state
  const url = new URL(provider.authorizeUrl)
  const own = Object.entries(request.parameters).filter(([name]) => !reserved.includes(name))
  const scopes = [...new Set([...provider.scopes, ...request.scopes.split(/[\s,]+/).filter(Boolean)])]
  const parameters: Record<string, string> = {
    ...provider.parameters,
    ...Object.fromEntries(own),
    client_id: provider.clientIds[0] ?? '',
    redirect_uri: provider.redirectUri,
    response_type: 'code',
    state: token,
    ...(scopes.length > 0 && { scope: scopes.join(provider.scopeSeparator) }),
    ...(provider.oidc && !provider.skipNonceCheck && { nonce }),
    ...(provider.pkce && {
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    }),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

async function checkInvite(call: Call, token: string): Promise<void> {
  const rows = await call.database.run(transaction =>
    transaction.query(
      `select 1 from auth.one_time_tokens where token_hash = $1 and token_type = 'confirmation_token'`,
      [token],
    ),
  )
  if (rows.length === 0) throw errors.userNotFound()
}
