import type { FastifyInstance } from '#http'
import { callOf } from './context.ts'

const allowed = [
  'accept',
  'apikey',
  'authorization',
  'content-type',
  'x-client-ip',
  'x-client-info',
  'x-jwt-aud',
  'x-supabase-api-version',
]

/**
 * Lets pages of any origin call: who may do what is decided by tokens, which no browser adds by itself.
 */
export function allowOrigins(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers
    if (origin === undefined) return
    reply.header('access-control-allow-origin', '*')
    reply.header('access-control-expose-headers', 'X-Total-Count, Link, X-Supabase-Api-Version')
    if (request.method !== 'OPTIONS') return
    const { corsHeaders } = callOf(request).settings
    reply.header('access-control-allow-methods', 'GET, POST, PUT, PATCH, DELETE')
    reply.header('access-control-allow-headers', [...allowed, ...corsHeaders].join(', '))
    reply.header('access-control-max-age', '600')
    return reply.status(204).send()
  })
  app.options('/*', async (_request, reply) => reply.status(204).send())
}
