import * as z from 'zod'
import { bodyOf } from '../body.ts'
import type { BuildRecord } from '../ports.ts'
import type { RestRoute } from './route.ts'

const startBody = z.looseObject({ app_name: z.string(), builder_type: z.string().nullish() })
const finishBody = z.looseObject({
  build_id: z.number().int(),
  status: z.string(),
  final_image: z.looseObject({ tag: z.string().nullish() }).nullish(),
})

/** flyctl reports each image that it builds or looks up; nothing is built here. */
export const buildRoutes: readonly RestRoute[] = [
  {
    method: 'POST',
    path: '/builds',
    async answer(call) {
      const body = bodyOf(call.body, startBody)
      return describe(await call.releases.startBuild(body.app_name, body.builder_type ?? ''))
    },
  },
  {
    method: 'POST',
    path: '/builds/finish',
    async answer(call) {
      const body = bodyOf(call.body, finishBody)
      return describe(call.releases.finishBuild(body.build_id, body.status, body.final_image?.tag ?? ''))
    },
  },
]

function describe({ id, status, startedAt, finishedAt }: BuildRecord) {
  return { id, status, wallclock_time_ms: finishedAt === null ? 0 : finishedAt - startedAt }
}
