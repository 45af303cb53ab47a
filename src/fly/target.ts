import type { AppSecret, Machine, MachinesApi } from '#contract'
import { createTransport, type TransportOptions } from './transport.ts'

/** The calls that secrets and releases need of a target. The engine has them all; over HTTP they are these. */
export type FlyTarget = Pick<
  MachinesApi,
  'getApp' | 'listMachines' | 'getMachine' | 'updateMachine' | 'waitMachine' | 'listSecrets' | 'setSecrets'
> & {
  /** Origin of the API: names the target in records and messages. */
  readonly baseUrl: string
  close(): void
}

/** A Machines API over HTTP: api.machines.dev, or the engine of this machine. */
export function createFlyTarget(options: TransportOptions): FlyTarget {
  const { call, baseUrl, close } = createTransport(options)
  const appPath = (app: string) => `/apps/${encodeURIComponent(app)}`
  const machinePath = (app: string, id: string) => `${appPath(app)}/machines/${encodeURIComponent(id)}`

  return {
    baseUrl,
    close,

    getApp: app => call({ method: 'GET', path: appPath(app), action: 'app get', subject: app }),

    async listMachines(app, query = {}) {
      const search = query.includeDeleted ? '?include_deleted=true' : ''
      const path = `${appPath(app)}/machines${search}`
      return (
        (await call<Machine[] | null>({ method: 'GET', path, action: 'machines list', subject: app })) ?? []
      )
    },

    getMachine: (app, id) =>
      call({ method: 'GET', path: machinePath(app, id), action: 'machine get', subject: `${app}/${id}` }),

    updateMachine: (app, id, input) =>
      call({
        method: 'POST',
        path: machinePath(app, id),
        action: 'machine update',
        subject: `${app}/${id}`,
        timeoutMs: 120_000,
        body: {
          config: input.config,
          ...(input.region ? { region: input.region } : {}),
          ...(input.skipLaunch ? { skip_launch: true } : {}),
          ...(input.minSecretsVersion === undefined ? {} : { min_secrets_version: input.minSecretsVersion }),
          ...(input.currentVersion ? { current_version: input.currentVersion } : {}),
        },
      }),

    async waitMachine(app, id, query = {}) {
      const seconds = query.timeout ?? 60
      const search = new URLSearchParams({
        state: (query.states ?? ['started']).join(','),
        timeout: String(seconds),
        ...(query.version ? { instance_id: query.version } : {}),
      })
      const path = `${machinePath(app, id)}/wait?${search}`
      const subject = `${app}/${id}`
      const timeoutMs = (seconds + 10) * 1000
      const answer = await call<{ state?: string; version?: string; event_id?: string } | undefined>({
        method: 'GET',
        path,
        action: 'machine wait',
        subject,
        timeoutMs,
      })
      return {
        state: answer?.state ?? '',
        version: answer?.version ?? '',
        eventId: answer?.event_id ?? '',
      }
    },

    async listSecrets(app) {
      const path = `${appPath(app)}/secrets`
      const answer = await call<{ secrets?: AppSecret[] | null }>({
        method: 'GET',
        path,
        action: 'secrets list',
        subject: app,
      })
      return (answer?.secrets ?? []).map(({ value: _, ...secret }) => secret)
    },

    async setSecrets(app, values) {
      const path = `${appPath(app)}/secrets`
      const answer = await call<{ secrets?: AppSecret[] | null; version?: number; Version?: number }>({
        // The same values again are the same values: nothing is lost by a second time.
        method: 'POST',
        path,
        action: 'secrets set',
        subject: app,
        repeatable: true,
        body: { values },
      })
      return { secrets: answer?.secrets ?? [], version: answer?.version ?? answer?.Version ?? 0 }
    },
  }
}
