import { randomInt } from 'node:crypto'
import type { IpAssignment } from '#contract'
import { iso, privateIp } from './describe.ts'
import { engineErrors } from './errors.ts'
import type { AppRecord, IpRecord } from './records.ts'
import type { EngineState } from './state.ts'

/** IP assignments: kept for clients that ask for them. What is reachable here follows from services and names, not from these. */
export function createAddressCalls(state: EngineState) {
  const { store, clock } = state.options
  return {
    async listIps(app: string): Promise<IpAssignment[]> {
      const owner = state.app(app)
      return store.ips(app).map(record => describe(record, owner))
    },

    async assignIp(
      app: string,
      input: { type: string; region?: string; serviceName?: string; network?: string },
    ): Promise<IpAssignment> {
      const owner = state.app(app)
      const record: IpRecord = {
        app,
        ip: newAddress(app, input.type, store.ips(app).length),
        region: input.region ?? 'global',
        serviceName: input.serviceName ?? '',
        shared: input.type === 'shared_v4',
        createdAt: clock.now(),
      }
      store.transaction(() => store.saveIp(record), { lasting: false })
      state.changed(app)
      return describe(record, owner)
    },

    async releaseIp(app: string, ip: string): Promise<void> {
      state.app(app)
      if (!store.ips(app).some(record => record.ip === ip)) throw engineErrors.ipNotFound(ip)
      store.deleteIp(app, ip)
      state.changed(app)
    },
  }
}

/** From the documentation ranges (RFC 5737, RFC 3849), so that nothing is ever sent to a stranger. */
function newAddress(app: string, type: string, count: number): string {
  if (type === 'v4' || type === 'shared_v4') return `203.0.113.${randomInt(1, 255)}`
  if (type === 'v6') return `2001:db8:${randomInt(0, 65536).toString(16)}::${(count + 1).toString(16)}`
  if (type === 'private_v6') return privateIp(`${app}/${count}`).replace(/:2$/, ':3')
  throw engineErrors.invalid(`"${type}" is not an address type`, 'Use v4, v6, shared_v4 or private_v6.')
}

function describe(record: IpRecord, owner: AppRecord): IpAssignment {
  return {
    ip: record.ip,
    region: record.region,
    service_name: record.serviceName,
    shared: record.shared,
    created_at: iso(record.createdAt),
    network: record.ip.startsWith('fdaa:')
      ? { name: owner.network === 'default' ? '' : owner.network, org_slug: owner.org }
      : null,
  }
}
