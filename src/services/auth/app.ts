import { createHttpApp, type HttpApp } from '#http'
import type { AuthContext } from './context.ts'
import { allowOrigins } from './cors.ts'
import { customProviderRoutes } from './routes/admin-custom-providers.ts'
import { adminLinkRoutes } from './routes/admin-links.ts'
import { adminMoreRoutes } from './routes/admin-more.ts'
import { adminOAuthRoutes } from './routes/admin-oauth.ts'
import { adminRoutes } from './routes/admin-users.ts'
import { parseBodies } from './routes/body.ts'
import { externalRoutes } from './routes/external.ts'
import { factorRoutes } from './routes/factors.ts'
import { logoutRoutes } from './routes/logout.ts'
import { mailRoutes } from './routes/mails.ts'
import { metaRoutes } from './routes/meta.ts'
import { oauthRoutes } from './routes/oauth.ts'
import { passkeyRoutes } from './routes/passkeys.ts'
import { renderError } from './routes/render-error.ts'
import { signupRoutes } from './routes/signup.ts'
import { ssoRoutes } from './routes/sso.ts'
import { tokenRoutes } from './routes/token.ts'
import { userRoutes } from './routes/user.ts'
import { verifyRoutes } from './routes/verify.ts'

/** The whole HTTP surface, for any number of auth services. */
export function createAuthApp(): Promise<HttpApp<AuthContext>> {
  return createHttpApp<AuthContext>({
    name: 'auth',
    renderError,
    register(app) {
      parseBodies(app)
      allowOrigins(app)
      metaRoutes(app)
      signupRoutes(app)
      tokenRoutes(app)
      logoutRoutes(app)
      userRoutes(app)
      mailRoutes(app)
      verifyRoutes(app)
      factorRoutes(app)
      externalRoutes(app)
      adminRoutes(app)
      adminLinkRoutes(app)
      adminMoreRoutes(app)
      adminOAuthRoutes(app)
      oauthRoutes(app)
      customProviderRoutes(app)
      passkeyRoutes(app)
      ssoRoutes(app)
    },
  })
}
