import type { Silo } from '#contract'
import type { SiloRecord } from './ports.ts'
import type { ProvisionContext } from './provision.ts'

/** What the manager lends to those who care for its silos: the record, its queue, and starting and stopping inside it. */
export interface SiloWork {
  /** By id or alias; throws when there is none. */
  get(name: string): SiloRecord
  list(): readonly SiloRecord[]
  describe(id: string): Silo
  change(id: string, changes: Partial<SiloRecord>): void
  /** Runs it when nothing else is done with that silo. */
  exclusive<T>(id: string, work: () => Promise<T>): Promise<T>
  /** Throws while it is being made, brought back or destroyed. */
  refuseWhile(record: SiloRecord): void
  context(record: SiloRecord): ProvisionContext
  /** Starts it from inside the queue. */
  begin(id: string, client: string): Promise<void>
  /** To be called when something that its users connect with has changed. */
  published(id: string): void
  adopt(record: SiloRecord): void
  forget(record: SiloRecord): void
}
