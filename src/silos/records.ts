import type { MachinesApi } from '#contract'
import type { Clock } from '#kernel'
import { AppIndex } from './app-index.ts'
import { siloErrors } from './errors.ts'
import type { SiloRecord, SiloStore } from './ports.ts'
import type { ProvisionContext } from './provision.ts'
import { placesOf } from './status.ts'
import type { SiloTemplates } from './templates.ts'

export interface SiloRecordsOptions {
  readonly machines: MachinesApi
  readonly store: SiloStore
  readonly templates: SiloTemplates
  readonly clock: Clock
  /** Machines of an app as they are now, without waiting; for lists of hundreds. */
  present(app: string): readonly { readonly state: string }[]
}

/** The records of all silos: found by id or alias, changed, and kept beside the index of their apps. */
export class SiloRecords {
  readonly #options: SiloRecordsOptions
  /** Which app belongs to which silo, and stands on which other. */
  readonly apps = new AppIndex()

  constructor(options: SiloRecordsOptions) {
    this.#options = options
    for (const record of options.store.list()) this.apps.add(record)
  }

  find(name: string): SiloRecord | undefined {
    const { store } = this.#options
    return store.get(name) ?? store.get(this.apps.siloOfAlias(name) ?? '')
  }

  /** Throws 404 with the names that there are. */
  get(name: string): SiloRecord {
    const found = this.find(name)
    if (!found)
      throw siloErrors.notFound(
        name,
        this.#options.store.list().map(record => record.alias),
      )
    return found
  }

  change(id: string, changes: Partial<SiloRecord>, lasting = true): void {
    this.save({ ...this.get(id), ...changes }, lasting)
  }

  save(record: SiloRecord, lasting = true): void {
    this.#options.store.save(record, { lasting })
    this.apps.add(record)
  }

  delete(record: SiloRecord): void {
    this.#options.store.delete(record.id)
    this.apps.delete(record)
  }

  /** States of its machines. */
  states(record: SiloRecord): string[] {
    return placesOf(record).flatMap(({ app }) => this.#options.present(app).map(({ state }) => state))
  }

  /** What its provisioning works with. Throws when its secrets are gone. */
  context(record: SiloRecord): ProvisionContext {
    const { machines, templates, clock, store } = this.#options
    const secrets = store.secrets(record.id)
    if (!secrets) throw siloErrors.gone(record.alias)
    return { silo: record, secrets, machines, templates, clock }
  }
}
