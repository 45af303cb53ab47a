import { Recent } from '../recent.ts'
import { parseQuery, type Query } from './query.ts'
import { encodedFiller, shapeOf } from './shape.ts'

const atMost = 500

/** A query whose plain values are stand-ins. */
interface Shaped {
  readonly query: Query
  canonical(values: readonly string[]): string
}

/** Clients ask the same again and again, with other values: what was read lately is not read again. Reading depends on nothing but the text. */
export class KnownQueries {
  readonly #known = new Recent<Query>(atMost)
  readonly #shaped = new Recent<Shaped>(atMost)

  read(search: string, forFunction: boolean): Query {
    return this.#known.get(`${forFunction ? 'f' : 't'}${search}`, () => parseQuery(search, forFunction))
  }

  /** With values apart (`shape`), for those who put them into the statement at the end. */
  readShaped(search: string): Query {
    const shape = shapeOf(search)
    if (!shape)
      return this.#known.get(`s${search}`, () => ({
        ...parseQuery(search, false),
        shape: { key: search, values: [] },
      }))
    const { key, values } = shape
    try {
      const { query, canonical } = this.#shaped.get(key, () => {
        const made = parseQuery(shape.search, false)
        return { query: made, canonical: encodedFiller(made.canonical) }
      })
      return { ...query, canonical: canonical(values), shape: { key, values } }
    } catch {
      // What cannot be read is complained of with its own values.
      return this.read(search, false)
    }
  }
}
