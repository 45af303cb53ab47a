import * as z from 'zod'
import { bodyOf, flag, param, text } from '../call.ts'
import { apiErrors } from '../errors.ts'
import type { ApiOperation } from './operation.ts'

const createBody = z.looseObject({
  name: z.string().optional(),
  app_name: z.string().optional(),
  org_slug: z.string().nullish(),
  network: z.string().nullish(),
})

const ipBody = z.looseObject({
  type: z.string(),
  region: z.string().nullish(),
  service_name: z.string().nullish(),
  network: z.string().nullish(),
})

export const appOperations: readonly ApiOperation[] = [
  {
    method: 'GET',
    path: '/apps',
    status: 200,
    async answer(call) {
      // No app has a role here ("postgres_cluster", "remote-docker-builder"), so nothing is found by one.
      const apps = text(call, 'app_role') ? [] : await call.api.listApps(text(call, 'org_slug'))
      return { total_apps: apps.length, apps }
    },
  },
  {
    method: 'POST',
    path: '/apps',
    status: 201,
    async answer(call) {
      const body = bodyOf(call, createBody)
      const name = body.name ?? body.app_name
      if (!name) throw apiErrors.badRequest('invalid request body: name is required')
      return call.api.createApp({
        name,
        ...(body.org_slug ? { org: body.org_slug } : {}),
        ...(body.network ? { network: body.network } : {}),
      })
    },
  },
  {
    method: 'GET',
    path: '/apps/{app_name}',
    status: 200,
    answer: call => call.api.getApp(param(call, 'app_name')),
  },
  {
    method: 'DELETE',
    path: '/apps/{app_name}',
    status: 202,
    // Fly's clients send no `force` and mean the app with its machines, as Fly does; who wants to be refused while some exist says so.
    answer: call =>
      call.api.deleteApp(param(call, 'app_name'), {
        force: text(call, 'force') === undefined || flag(call, 'force'),
      }),
  },
  {
    method: 'GET',
    path: '/apps/{app_name}/ip_assignments',
    status: 200,
    answer: async call => ({ ips: await call.api.listIps(param(call, 'app_name')) }),
  },
  {
    method: 'POST',
    path: '/apps/{app_name}/ip_assignments',
    status: 200,
    answer(call) {
      const body = bodyOf(call, ipBody)
      return call.api.assignIp(param(call, 'app_name'), {
        type: body.type,
        ...(body.region ? { region: body.region } : {}),
        ...(body.service_name ? { serviceName: body.service_name } : {}),
        ...(body.network ? { network: body.network } : {}),
      })
    },
  },
  {
    // There are no certificates for names of one's own, so there is none to list; making one is refused.
    method: 'GET',
    path: '/apps/{app_name}/certificates',
    status: 200,
    async answer(call) {
      await call.api.getApp(param(call, 'app_name'))
      return { certificates: [], next_cursor: '', total_count: 0 }
    },
  },
  {
    method: 'DELETE',
    path: '/apps/{app_name}/ip_assignments/{ip}',
    status: 204,
    answer: call => call.api.releaseIp(param(call, 'app_name'), param(call, 'ip')),
  },
]
