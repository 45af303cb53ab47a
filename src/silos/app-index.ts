import { appName, partsOf } from './names.ts'
import type { SiloRecord } from './ports.ts'

interface Place {
  readonly silo: string
  readonly needs: string | undefined
  readonly neededBy: readonly string[]
}

/** Finds the silo of an app, and who stands on whom in it, without asking the store: the edge's routes ask on every change. */
export class AppIndex {
  readonly #places = new Map<string, Place>()

  add(record: SiloRecord): void {
    const database = appName(record, 'pg')
    const others = partsOf(record)
      .map(part => appName(record, part))
      .filter(name => name !== database)
    this.#places.set(database, { silo: record.id, needs: undefined, neededBy: others })
    for (const name of others) this.#places.set(name, { silo: record.id, needs: database, neededBy: [] })
  }

  delete(record: SiloRecord): void {
    for (const part of partsOf(record)) this.#places.delete(appName(record, part))
  }

  siloOf(app: string): string | undefined {
    return this.#places.get(app)?.silo
  }

  /** The app without which this one cannot answer and which it reaches by no door that would wake it: its database. */
  needs(app: string): string | undefined {
    return this.#places.get(app)?.needs
  }

  /** The other way round. */
  neededBy(app: string): readonly string[] {
    return this.#places.get(app)?.neededBy ?? []
  }
}
