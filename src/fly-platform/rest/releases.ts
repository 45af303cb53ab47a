import * as z from 'zod'
import { bodyOf } from '../body.ts'
import { platformErrors } from '../errors.ts'
import type { ReleaseRecord } from '../ports.ts'
import { isComplete, isUnderWay } from '../releases.ts'
import { localUser } from '../user.ts'
import { paramOf, queryOf, type RestRoute } from './route.ts'

const createBody = z.looseObject({
  app_name: z.string(),
  build_id: z.union([z.number(), z.string()]).nullish(),
  definition: z.unknown(),
  image: z.string().nullish(),
  strategy: z.string().nullish(),
})
const updateBody = z.looseObject({ status: z.string(), metadata: z.unknown() })

export const releaseRoutes: readonly RestRoute[] = [
  {
    method: 'GET',
    path: '/releases/all_current',
    /** When each app was deployed last, by name. */
    async answer({ api, releases }) {
      const times: Record<string, string> = {}
      for (const { name } of await api.listApps()) {
        const current = await releases.current(name)
        if (current) times[name] = new Date(current.createdAt).toISOString()
      }
      return times
    },
  },
  {
    method: 'POST',
    path: '/releases',
    status: 201,
    async answer(call) {
      const body = bodyOf(call.body, createBody)
      const release = await call.releases.create({
        app: body.app_name,
        image: body.image,
        strategy: body.strategy,
        definition: body.definition,
        buildId: Number(body.build_id) || null,
      })
      return { release: describe(release) }
    },
  },
  {
    method: 'PATCH',
    path: '/releases/:id',
    async answer(call) {
      const { status, metadata } = bodyOf(call.body, updateBody)
      return describe(call.releases.update(paramOf(call, 'id'), status, metadata))
    },
  },
  {
    method: 'GET',
    path: '/apps/:app/releases',
    async answer(call) {
      const limit = Number(queryOf(call, 'limit') ?? 25)
      if (!Number.isSafeInteger(limit) || limit < 1) throw platformErrors.badRequest('limit is no number')
      return { releases: (await call.releases.list(paramOf(call, 'app'), limit)).map(describe) }
    },
  },
  {
    method: 'GET',
    path: '/apps/:app/releases/current',
    async answer(call) {
      const app = paramOf(call, 'app')
      const current = await call.releases.current(app)
      if (!current) throw platformErrors.noCurrentRelease(app)
      return describe(current)
    },
  },
]

function describe(release: ReleaseRecord) {
  return {
    id: release.id,
    version: release.version,
    stable: isComplete(release),
    in_progress: isUnderWay(release),
    status: release.status,
    strategy: release.strategy,
    user: localUser.email,
    created_at: new Date(release.createdAt).toISOString(),
    image_ref: release.imageRef,
  }
}
