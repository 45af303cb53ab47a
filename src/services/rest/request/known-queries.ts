import { parseQuery, type Query } from './query.ts'

const atMost = 200
const longest = 2000

/** Clients ask the same again and again: what was read lately is not read again. Reading depends on nothing but the text. */
export class KnownQueries {
  /** The most recently used last. */
  readonly #known = new Map<string, Query>()

  read(search: string, forFunction: boolean): Query {
    if (search.length > longest) return parseQuery(search, forFunction)
    const key = `${forFunction ? 'f' : 't'}${search}`
    const found = this.#known.get(key)
    const query = found ?? parseQuery(search, forFunction)
    this.#known.delete(key)
    this.#known.set(key, query)
    const [oldest] = this.#known.keys()
    if (this.#known.size > atMost && oldest !== undefined) this.#known.delete(oldest)
    return query
  }
}
