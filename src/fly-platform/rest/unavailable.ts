import type { RestRoute } from './route.ts'

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const clusters = [
  '/postgres',
  '/postgres/*',
  '/organizations/:slug/postgres',
  '/organizations/:slug/postgres/*',
] as const

/** What flyctl may ask besides; answered with 501 and a sentence. */
export const unavailable: readonly (Pick<RestRoute, 'method' | 'path'> & {
  readonly what: string
  readonly instead?: string
})[] = [
  {
    method: 'POST',
    path: '/builds/depot_builder',
    what: 'Building images',
    instead: 'Deploy an image that the catalogue knows: fly deploy --image …',
  },
  {
    method: 'POST',
    path: '/organizations/:slug/builders',
    what: 'Building images',
    instead: 'Deploy an image that the catalogue knows: fly deploy --image …',
  },
  ...methods.flatMap(method =>
    clusters.map(path => ({
      method,
      path,
      what: 'Managed Postgres',
      instead: 'A silo has a PostgreSQL of its own: hangar silo create, then hangar silo connect.',
    })),
  ),
  { method: 'POST', path: '/organizations/:slug/cost-estimates', what: 'The cost estimate' },
  { method: 'POST', path: '/apps/:app/deploy', what: 'A deploy that the server carries out' },
  { method: 'POST', path: '/apps/:app/egress_ips/:ip/promote', what: 'An egress address' },
  {
    method: 'POST',
    path: '/cli_sessions',
    what: 'Signing in',
    instead: 'Set FLY_API_TOKEN as "hangar fly env" prints it.',
  },
  {
    method: 'POST',
    path: '/sessions',
    what: 'Signing in',
    instead: 'Set FLY_API_TOKEN as "hangar fly env" prints it.',
  },
]
