import type { FastifyInstance } from '#http'
import { callOf } from '../context.ts'
import { errors } from '../errors.ts'
import { queryOf } from './body.ts'

/** The newest surface that this service answers for. */
const version = 'v2.143.0'

const providers = [
  'apple',
  'azure',
  'bitbucket',
  'discord',
  'facebook',
  'figma',
  'fly',
  'github',
  'gitlab',
  'google',
  'keycloak',
  'kakao',
  'linkedin',
  'linkedin_oidc',
  'notion',
  'slack',
  'slack_oidc',
  'spotify',
  'twitch',
  'twitter',
  'workos',
  'zoom',
]

/** What the service says about itself. */
export function metaRoutes(app: FastifyInstance): void {
  app.get('/health', async request => {
    // Whoever waits for health may use the tables at once.
    await callOf(request).database.ready()
    return {
      version,
      name: 'GoTrue',
      description: 'GoTrue is a user registration and authentication API',
    }
  })

  app.get('/settings', async request => {
    const { settings } = callOf(request)
    return {
      external: {
        anonymous_users: settings.anonymousEnabled,
        ...Object.fromEntries(providers.map(name => [name, false])),
        email: settings.email.enabled,
        phone: settings.phone.enabled,
      },
      disable_signup: settings.disableSignup,
      mailer_autoconfirm: settings.email.autoconfirm,
      phone_autoconfirm: settings.phone.autoconfirm,
      sms_provider: '',
      saml_enabled: false,
    }
  })

  // Tokens are signed with a shared secret, which is not for publishing.
  app.get('/.well-known/jwks.json', async (_request, reply) =>
    reply.header('cache-control', 'public, max-age=600').send({ keys: [] }),
  )

  app.get('/authorize', async request => {
    const provider = queryOf(request, 'provider').toLowerCase()
    if (callOf(request).settings.externalProviders.includes(provider)) {
      throw errors.notBuilt(`Signing in with ${provider}`)
    }
    throw errors.oauthProviderDisabled()
  })
}
