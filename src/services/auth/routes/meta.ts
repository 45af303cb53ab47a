import type { FastifyInstance } from '#http'
import { callOf } from '../context.ts'
import { knownProviders } from '../external/known-providers.ts'

/** The newest surface that this service answers for. */
const version = 'v2.188.0'

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
    const names = [...Object.keys(knownProviders), 'keycloak', 'vercel_marketplace']
    const enabled = [...settings.external.values()].filter(one => one.enabled).map(one => one.name)
    return {
      external: {
        anonymous_users: settings.anonymousEnabled,
        ...Object.fromEntries(
          [...new Set([...names, ...enabled])].sort().map(name => [name, enabled.includes(name)]),
        ),
        email: settings.email.enabled,
        phone: settings.phone.enabled,
      },
      disable_signup: settings.disableSignup,
      mailer_autoconfirm: settings.email.autoconfirm,
      phone_autoconfirm: settings.phone.autoconfirm,
      sms_provider: settings.sms.provider ?? '',
      saml_enabled: settings.saml !== undefined,
      passkeys_enabled: settings.mfa.passkeys.enabled,
    }
  })

  // A shared secret is not for publishing: without asymmetric keys the list is empty.
  app.get('/.well-known/jwks.json', async (request, reply) => {
    const keys = callOf(request).settings.jwt.keys.flatMap(key => key.published ?? [])
    return reply.header('cache-control', 'public, max-age=600').send({ keys })
  })

  app.get('/.well-known/openid-configuration', async (request, reply) => {
    const { settings } = callOf(request)
    const { jwt, externalUrl } = settings
    return reply.header('cache-control', 'public, max-age=600').send({
      issuer: jwt.issuer,
      authorization_endpoint: `${externalUrl}/oauth/authorize`,
      token_endpoint: `${externalUrl}/oauth/token`,
      jwks_uri: `${externalUrl}/.well-known/jwks.json`,
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: jwt.keys.flatMap(key =>
        key.published && key.signing ? key.algorithm : [],
      ),
      code_challenge_methods_supported: ['S256', 'plain'],
    })
  })
}
