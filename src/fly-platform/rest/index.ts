import { buildRoutes } from './builds.ts'
import { logRoutes } from './logs.ts'
import { organizationRoutes } from './organizations.ts'
import { releaseRoutes } from './releases.ts'
import type { RestRoute } from './route.ts'

export const restRoutes: readonly RestRoute[] = [
  ...organizationRoutes,
  ...releaseRoutes,
  ...buildRoutes,
  ...logRoutes,
]
