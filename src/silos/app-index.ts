import type { SiloPart } from '#contract'
import { appName, partsOf } from './names.ts'
import type { SiloRecord } from './ports.ts'

interface Place {
  readonly silo: string
  readonly needs: readonly string[]
  readonly neededBy: readonly string[]
}

/** Who reaches whom within a silo, by names that lead straight there and wake nobody. */
const needs: Readonly<Record<SiloPart, readonly SiloPart[]>> = {
  pg: [],
  rest: ['pg'],
  auth: ['pg'],
  storage: ['pg'],
  kong: ['rest', 'auth', 'storage', 'pg'],
  studio: ['pg'],
}

/** Finds the silo of an app, and who stands on whom in it, without asking the store: the edge's routes ask on every change. */
export class AppIndex {
  readonly #places = new Map<string, Place>()
  readonly #byAlias = new Map<string, string>()

  add(record: SiloRecord): void {
    this.#byAlias.set(record.alias, record.id)
    const parts = partsOf(record)
    for (const part of parts)
      this.#places.set(appName(record, part), {
        silo: record.id,
        needs: needs[part].map(other => appName(record, other)),
        neededBy: parts.filter(other => needs[other].includes(part)).map(other => appName(record, other)),
      })
  }

  delete(record: SiloRecord): void {
    this.#byAlias.delete(record.alias)
    for (const part of partsOf(record)) this.#places.delete(appName(record, part))
  }

  siloOfAlias(alias: string): string | undefined {
    return this.#byAlias.get(alias)
  }

  siloOf(app: string): string | undefined {
    return this.#places.get(app)?.silo
  }

  /** The apps without which this one cannot answer. */
  needs(app: string): readonly string[] {
    return this.#places.get(app)?.needs ?? []
  }

  /** The other way round. */
  neededBy(app: string): readonly string[] {
    return this.#places.get(app)?.neededBy ?? []
  }
}
