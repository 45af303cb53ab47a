import { type Clock, type Log, messageOf } from '#kernel'
import type { FrontendHost } from './care-ports.ts'
import { siloErrors } from './errors.ts'
import { appName } from './names.ts'
import type { SiloFrontend, SiloRecord, SiloSecrets } from './ports.ts'
import type { SiloWork } from './work.ts'

export interface FrontendParts {
  readonly host: FrontendHost | undefined
  readonly work: SiloWork
  readonly clock: Clock
  readonly log: Log
}

/** The frontend's two public variables: set once, again only when the keys were rotated. What failed is owed, and tried again. */
export function createFrontends({ host, work, clock, log }: FrontendParts) {
  const keysOf = (record: SiloRecord): SiloSecrets => work.context(record).secrets

  async function publish(record: SiloRecord): Promise<void> {
    const { frontend, id, alias } = record
    if (!frontend) return
    const keyVersion = record.keyVersion ?? 1
    try {
      if (!host) throw siloErrors.noFrontendHost()
      await host.publish(frontend.siteId, { url: frontend.url, anonKey: keysOf(record).anonKey })
      work.change(id, { frontend: { ...frontend, keyVersion, setAt: clock.now(), error: null } })
      log.info({ silo: alias, site: frontend.siteId, keyVersion }, 'the frontend has its public variables')
    } catch (error) {
      work.change(id, { frontend: { ...frontend, error: messageOf(error) } })
      throw error
    }
  }

  return {
    /** Sets them for the first time. `url` default: the gateway's stable name on Fly. */
    async link(name: string, siteId: string, url: string | undefined): Promise<SiloFrontend> {
      const { id } = work.get(name)
      await work.exclusive(id, async () => {
        const record = work.get(id)
        work.refuseWhile(record)
        const known = record.frontend
        if (known && known.siteId === siteId && known.keyVersion === (record.keyVersion ?? 1))
          throw siloErrors.frontendSet(record.alias, siteId)
        const target = url ?? `https://${appName(record, 'kong')}.fly.dev`
        work.change(id, { frontend: { siteId, url: target, keyVersion: 0, setAt: null, error: null } })
        await publish(work.get(id))
      })
      return work.get(id).frontend as SiloFrontend
    },

    /** After a rotation, and once a minute for what is owed. */
    async settle(id: string): Promise<void> {
      const record = work.get(id)
      const { frontend } = record
      if (!frontend || frontend.keyVersion === (record.keyVersion ?? 1)) return
      await publish(record).catch(error =>
        log.warn(
          { silo: record.alias, reason: messageOf(error) },
          'the frontend has old keys; it is tried again',
        ),
      )
    },
  }
}
