import { type Clock, type Log, messageOf, Serial } from '#kernel'
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
  /** Not the silo's own queue: a slow Netlify must not keep a silo from waking. */
  const queues = new Map<string, Serial>()
  const inTurn = <T>(id: string, task: () => Promise<T>): Promise<T> => {
    const queue = queues.get(id) ?? new Serial()
    queues.set(id, queue)
    return queue.run(task)
  }
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
      await inTurn(id, async () => {
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
    settle: (id: string): Promise<void> =>
      inTurn(id, async () => {
        const record = work.get(id)
        const { frontend } = record
        if (!frontend || frontend.keyVersion === (record.keyVersion ?? 1)) return
        await publish(record).catch(error =>
          log.warn(
            { silo: record.alias, reason: messageOf(error) },
            'the frontend has old keys; it is tried again',
          ),
        )
      }),
  }
}
