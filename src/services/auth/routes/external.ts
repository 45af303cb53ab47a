import type { FastifyInstance, FastifyRequest } from '#http'
import { type Call, callOf } from '../context.ts'
import { errors } from '../errors.ts'
import { beginExternal } from '../external/begin.ts'
import { finishExternal } from '../external/callback.ts'
import { unlinkIdentity } from '../external/link.ts'
import { isForAudience, isUuid, personOf, signedIn } from '../sessions/authenticate.ts'
import { flowOfValues } from '../verify/flows.ts'
import { redirectOf } from '../verify/redirects.ts'
import { optionalBodyOf, queryOf } from './body.ts'

/** Signing in at external providers, and whose identities are whose. */
export function externalRoutes(app: FastifyInstance): void {
  app.get('/authorize', async (request, reply) =>
    reply.redirect(await begin(callOf(request), request, undefined), 302),
  )

  app.get('/callback', async (request, reply) => {
    const url = await finishExternal(callOf(request), name => queryOf(request, name))
    return reply.header('cache-control', 'no-store').redirect(url, 302)
  })

  // Apple sends a form; a redirect with 303 makes the browser ask with GET.
  app.post('/callback', async (request, reply) => {
    const body = optionalBodyOf(request)
    const url = await finishExternal(callOf(request), name => body.text(name) || queryOf(request, name))
    return reply.header('cache-control', 'no-store').redirect(url, 303)
  })

  app.get('/user/identities/authorize', async (request, reply) => {
    const call = linkingCall(request)
    const claims = await personOf(call)
    const { user } = await call.database.run(transaction => signedIn(transaction, claims))
    const url = await begin(call, request, user.id)
    if (queryOf(request, 'skip_http_redirect') === 'true') return { url }
    return reply.redirect(url, 302)
  })

  app.delete('/user/identities/:id', async request => {
    const call = linkingCall(request)
    const claims = await personOf(call)
    const { id } = request.params as { id: string }
    if (!isUuid(id)) throw errors.identityIdInvalid()
    if (!isForAudience(call, claims)) throw errors.unexpectedAudience()
    await unlinkIdentity(call, claims, id)
    return {}
  })
}

function linkingCall(request: FastifyRequest): Call {
  const call = callOf(request)
  if (!call.settings.manualLinking) throw errors.manualLinkingDisabled()
  return call
}

/** Parameters that are for us and not for the provider. */
const ours = [
  'provider',
  'scopes',
  'redirect_to',
  'code_challenge',
  'code_challenge_method',
  'invite_token',
  'skip_http_redirect',
]

function begin(call: Call, request: FastifyRequest, linkTo: string | undefined): Promise<string> {
  const query = (name: string) => queryOf(request, name)
  const names = Object.keys(request.query as object).filter(name => !ours.includes(name))
  return beginExternal(call, {
    provider: query('provider'),
    scopes: query('scopes'),
    redirectTo: redirectOf(call, query('redirect_to')),
    flow: flowOfValues(query('code_challenge'), query('code_challenge_method')),
    inviteToken: query('invite_token'),
    linkTo,
    parameters: Object.fromEntries(
      // WorkOS has a parameter of the name that is ours.
      names.map(name => [name === 'workos_provider' ? 'provider' : name, query(name)]),
    ),
  })
}
