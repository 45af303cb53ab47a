import { type LogEntry, readLogs } from '../logs.ts'
import { paramOf, queryOf, type RestRoute } from './route.ts'

export const logRoutes: readonly RestRoute[] = [
  {
    method: 'GET',
    path: '/apps/:app/logs',
    async answer(call) {
      const { entries, nextToken } = await readLogs(call.api, call.logs, paramOf(call, 'app'), {
        instance: queryOf(call, 'instance'),
        region: queryOf(call, 'region'),
        nextToken: queryOf(call, 'next_token'),
      })
      return { data: entries.map(describe), meta: { next_token: nextToken } }
    },
  },
]

function describe({ id, timestamp, message, level, machine, region, provider }: LogEntry) {
  return {
    id,
    type: 'log',
    attributes: {
      timestamp,
      message,
      level,
      instance: machine,
      region,
      meta: { instance: machine, region, event: { provider } },
    },
  }
}
