import type { SiloPart } from '#contract'
import { appName, partsOf } from './names.ts'
import type { SiloRecord } from './ports.ts'

interface Place {
  readonly silo: string
  readonly part: SiloPart
  readonly needs: readonly string[]
  readonly neededBy: readonly string[]
  /** What of `needs` counts now: while a silo rises, only what is started first. */
  now: readonly string[]
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

/** Who a request to the gateway with such a path concerns. What auth mails goes to the inbox, which lives with studio. */
const behindGateway: readonly (readonly [prefix: string, parts: readonly SiloPart[]])[] = [
  ['/rest/', ['pg', 'rest']],
  ['/graphql/', ['pg', 'rest']],
  ['/auth/', ['pg', 'auth', 'studio']],
  ['/storage/', ['pg', 'storage']],
]

const none: readonly string[] = []

/** Finds the silo of an app, and who stands on whom in it, without asking the store: the edge's routes ask on every change. */
export class AppIndex {
  readonly #places = new Map<string, Place>()
  readonly #byAlias = new Map<string, string>()

  add(record: SiloRecord): void {
    this.#byAlias.set(record.alias, record.id)
    const parts = partsOf(record)
    for (const part of parts) {
      const app = appName(record, part)
      if (this.#places.get(app)?.silo === record.id) continue
      const below = needs[part].map(other => appName(record, other))
      this.#places.set(app, {
        silo: record.id,
        part,
        needs: below,
        neededBy: parts.filter(other => needs[other].includes(part)).map(other => appName(record, other)),
        now: below,
      })
    }
  }

  /** From now on only these apps of the silo count as needed, because the others are started after them; undefined: all count again. */
  rises(record: SiloRecord, first: ReadonlySet<string> | undefined): void {
    for (const part of partsOf(record)) {
      const place = this.#places.get(appName(record, part))
      if (place) place.now = first ? place.needs.filter(app => first.has(app)) : place.needs
    }
  }

  /** The apps that must run before a request to `app` with that path can be answered, itself included. */
  soonest(app: string, path: string | undefined): readonly string[] {
    const place = this.#places.get(app)
    if (!place) return [app]
    const behind = place.part === 'kong' && behindGateway.find(([prefix]) => path?.startsWith(prefix))
    if (!behind) return [app, ...place.needs]
    const stem = app.slice(0, -place.part.length)
    return [app, ...behind[1].map(part => stem + part).filter(other => this.#places.has(other))]
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

  /** The apps without which this one cannot answer. The same array until that changes. */
  needs(app: string): readonly string[] {
    return this.#places.get(app)?.now ?? none
  }

  /** The other way round. */
  neededBy(app: string): readonly string[] {
    return this.#places.get(app)?.neededBy ?? none
  }
}
