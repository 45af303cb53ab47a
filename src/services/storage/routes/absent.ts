import type { FastifyInstance } from '#http'
import { openCall } from '../context.ts'
import { errors } from '../errors.ts'
import { authorized } from './schemas.ts'

/** Parts of the storage API that are not here, each refused by its name, as the storage API refuses what is switched off. */
export function absentRoutes(app: FastifyInstance): void {
  for (const [url, feature] of [
    ['/iceberg/*', 'icebergCatalog'],
    ['/vector/*', 'vectorBuckets'],
  ] as const) {
    app.all(url, async request => {
      await openCall(request, { operation: `storage.${feature}`, token: 'required' })
      throw errors.notSupported(feature)
    })
  }
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
