import type { Call } from '../context.ts'
import { AuthError, errors } from '../errors.ts'
import { notify } from '../mail/notify.ts'
import { grantSession } from '../sessions/grant.ts'
import type { Json, UserRow } from '../users/rows.ts'
import { finishFlow } from '../verify/flows.ts'
import { failureValues, withFragment, withQuery } from '../verify/redirect-values.ts'
import { acceptInvite, accountOf } from './account.ts'
import { exchangeCode } from './exchange.ts'
import { linkIdentity } from './link.ts'
import { finishOAuth1 } from './oauth1.ts'
import { findProvider, type Provider } from './providers.ts'
import { type ExternalState, readState, type StateSecrets } from './state.ts'

/** What a provider sent somebody back with: of the query or of a form. */
export type CallbackValues = (name: string) => string

/** Finishes signing in at a provider. Returns where the browser goes: with a session, a code, or what went wrong. */
export async function finishExternal(call: Call, values: CallbackValues): Promise<string> {
  let redirectTo = call.settings.siteUrl
  try {
    const token = values('state')
    if (token === '') throw errors.badOauthCallback('OAuth state parameter missing')
    const state = await readState(call, token)
    redirectTo = state.redirectTo
    const error = values('error')
    if (error !== '') throw errors.oauth(error, values('error_description') || error)
    return await finish(call, state, values)
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    if (error.status >= 500)
      call.log.warn({ err: error.cause ?? error }, 'auth: signing in at a provider failed')
    return withFragment(redirectTo, failureValues(error), true)
  }
}

async function finish(
  call: Call,
  state: ExternalState & StateSecrets,
  values: CallbackValues,
): Promise<string> {
  const provider = await findProvider(call, state.provider)
  const { profile: said, tokens } = await exchange(call, provider, state, values)
  if (said.emails.length === 0 && !provider.emailOptional) {
    throw errors.providerFailed('Error getting user email from external provider')
  }
  const name = provider.name === 'apple' ? appleName(values('user')) : undefined
  const profile = name === undefined ? said : { ...said, claims: { ...said.claims, name, full_name: name } }
  const result = await call.database.run<string | AuthError>(async transaction => {
    let user: UserRow | AuthError
    if (state.linkTo !== undefined) {
      user = await linkIdentity(call, transaction, state.linkTo, provider.name, profile)
      if (!(user instanceof Error)) {
        notify(call, transaction, user, 'identity_linked_notification', { Provider: provider.name })
      }
    } else if (state.inviteToken !== undefined) {
      user = await acceptInvite(call, transaction, provider.name, profile, state.inviteToken)
    } else {
      user = await accountOf(call, transaction, provider, profile)
    }
    if (user instanceof Error) return user
    if (state.flowId !== undefined) {
      const authCode = await finishFlow(call, transaction, state.flowId, user.id, tokens)
      return withQuery(state.redirectTo, { code: authCode })
    }
    const session = await grantSession(call, transaction, user, { method: 'oauth', provider: provider.name })
    return withFragment(state.redirectTo, sessionValues(session, tokens))
  })
  if (result instanceof Error) throw result
  return result
}

function exchange(call: Call, provider: Provider, state: StateSecrets, values: CallbackValues) {
  if (provider.requestTokenUrl !== undefined) return finishOAuth1(call, provider, state.stateId, values)
  const code = values('code')
  if (code === '') throw errors.badOauthCallback('OAuth callback with missing authorization code missing')
  return exchangeCode(call, provider, { ...state, code })
}

function sessionValues(session: Json, tokens: { accessToken: string; refreshToken: string }): Json {
  const { access_token, expires_at, expires_in, refresh_token, token_type } = session
  return {
    access_token,
    expires_at,
    expires_in,
    ...(tokens.refreshToken !== '' && { provider_refresh_token: tokens.refreshToken }),
    provider_token: tokens.accessToken,
    refresh_token,
    token_type,
  }
}

/** Apple says a person's name once, beside the code, and signs nothing of it: it is a name, never an address. */
function appleName(user: string): string | undefined {
  try {
    const { name } = JSON.parse(user) as { name?: { firstName?: unknown; lastName?: unknown } }
    const parts = [name?.firstName, name?.lastName].filter(part => typeof part === 'string' && part !== '')
    return parts.length > 0 ? parts.join(' ').slice(0, 200) : undefined
  } catch {
    return undefined
  }
}
