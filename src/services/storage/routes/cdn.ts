import type { FastifyInstance, FastifyRequest } from '#http'
import { type Call, openCall } from '../context.ts'
import { errors } from '../errors.ts'
import { authorized } from './schemas.ts'

const patienceMs = 10_000
const querystring = { type: 'object', properties: { transformations: { type: 'boolean' } } } as const

/** `/cdn`: tells the cache in front of the service that copies must go; of one object, a bucket, or all. For the service role alone. */
export function cdnRoutes(app: FastifyInstance): void {
  const schema = { headers: authorized, querystring }
  const purging = (what: 'tenant' | 'bucket' | 'object') => async (request: FastifyRequest) => {
    const operation = `storage.cdn.purge_${what}_cache`
    const call = await openCall(request, { operation, token: 'required' })
    if (call.caller.role !== call.settings.serviceRole) throw errors.wrongRole()
    const { bucket, '*': name } = request.params as { bucket?: string; '*'?: string }
    const { transformations } = request.query as { transformations?: boolean }
    await purge(call, {
      type: transformations ? `${what}-transforms` : what,
      tenant: { ref: call.settings.tenantId },
      ...(bucket === undefined ? {} : { bucketId: bucket }),
      ...(name === undefined ? {} : { objectName: name }),
    })
    return { message: 'success', statusCode: '200' }
  }
  app.delete('/', { schema }, purging('tenant'))
  app.delete('/:bucket', { schema }, purging('bucket'))
  const params = { type: 'object', properties: { '*': { type: 'string', minLength: 1 } } } as const
  app.delete('/:bucket/*', { schema: { ...schema, params } }, purging('object'))
}

async function purge({ settings }: Call, what: object): Promise<void> {
  if (!settings.purge) throw errors.missingParameter('CDN_PURGE_ENDPOINT_URL is not set')
  const { url, key } = settings.purge
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
      body: JSON.stringify(what),
      redirect: 'error',
      signal: AbortSignal.timeout(patienceMs),
    })
    await answer.body?.cancel()
    if (!answer.ok) throw new Error(`The cache answered ${answer.status}`)
  } catch (error) {
    throw errors.purgeFailed(error)
  }
}
