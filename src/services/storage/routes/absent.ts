import type { FastifyInstance } from '#http'
import { openCall } from '../context.ts'
import { errors } from '../errors.ts'
import { authorized } from './schemas.ts'

/** Parts of the storage API that are not here, each refused by its name, as the storage API refuses what is switched off. */
export function absentRoutes(app: FastifyInstance): void {
  app.all('/iceberg/*', async request => {
    await openCall(request, { operation: 'storage.icebergCatalog', token: 'required' })
    throw errors.notSupported('icebergCatalog')
  })
  const method = ['GET', 'PUT', 'DELETE'] as const
  app.route({
    method: [...method],
    url: '/bucket/:id/lifecycle',
    schema: { headers: authorized },
    async handler(request) {
      await openCall(request, { operation: 'storage.bucket.lifecycle', token: 'required' })
      throw errors.featureNotEnabled((request.params as { id: string }).id, 'object lifecycles')
    },
  })
}
