import type { FastifyInstance } from '#http'
import { errors } from '../errors.ts'
import { adminCall } from './admin-call.ts'

/** Parts of the surface that are turned off or not built: each says so in its own words. */
export function absentRoutes(app: FastifyInstance): void {
  const refuse = (methods: string[], paths: readonly string[], error: () => Error) => {
    for (const url of paths) {
      app.route({
        method: methods as 'GET'[],
        url,
        handler: async request => {
          if (url.startsWith('/admin/')) await adminCall(request)
          throw error()
        },
      })
    }
  }
  refuse(['GET', 'POST'], ['/sso', '/sso/saml/acs', '/sso/saml/metadata'], errors.samlDisabled)
  refuse(
    ['GET', 'POST', 'PUT', 'DELETE'],
    ['/admin/sso/providers', '/admin/sso/providers/:id'],
    errors.samlDisabled,
  )
}
