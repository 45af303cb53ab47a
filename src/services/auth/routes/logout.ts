import type { FastifyInstance } from '#http'
import { audit } from '../audit.ts'
import { callOf } from '../context.ts'
import { errors } from '../errors.ts'
import { claimsOf, signedIn } from '../sessions/authenticate.ts'
import { closeSessions } from '../sessions/sessions.ts'
import { queryOf } from './body.ts'

/** POST /logout?scope=global|local|others: ends sessions; access tokens live on until they expire, their users are signed out. */
export function logoutRoutes(app: FastifyInstance): void {
  app.post('/logout', async (request, reply) => {
    const call = callOf(request)
    const scope = queryOf(request, 'scope') || 'global'
    if (!['global', 'local', 'others'].includes(scope)) {
      throw errors.badRequest(`Unsupported logout scope "${scope}"`)
    }
    const claims = await claimsOf(call)
    await call.database.run(async transaction => {
      const { user, session } = await signedIn(transaction, claims)
      await audit(call, transaction, user, 'logout')
      if (scope === 'global' || !session) await closeSessions(transaction, user.id, 'all')
      else if (scope === 'local') await closeSessions(transaction, user.id, { only: session.id })
      else await closeSessions(transaction, user.id, { except: session.id })
    })
    return reply.status(204).send()
  })
}
