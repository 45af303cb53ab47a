import { amended } from '../amended.ts'
import { Recent } from '../recent.ts'
import { parseQuery, type Query } from './query.ts'
import { encodedFiller, filler, shapeOf } from './shape.ts'

const atMost = 500

/** A query whose plain values are stand-ins. */
interface Shaped {
  readonly query: Query
  canonical(values: readonly string[]): string
  args(values: readonly string[]): Query['args']
}

/** Clients ask the same again and again, with other values: what was read lately is not read again. Reading depends on nothing but the text. */
export class KnownQueries {
  readonly #known = new Recent<Query>(atMost)
  readonly #shaped = new Recent<Shaped>(atMost)

  read(search: string, forFunction: boolean): Query {
    return this.#known.get(`${forFunction ? 'f' : 't'}${search}`, () => parseQuery(search, forFunction))
  }

  /** With values apart (`shape`), for those who put them into the statement at the end; `args` have their own. */
  readShaped(search: string, forFunction = false): Query {
    const shape = shapeOf(search, forFunction)
    const kind = forFunction ? 'f' : 't'
    if (!shape)
      return this.#known.get(`s${kind}${search}`, () => ({
        ...parseQuery(search, forFunction),
        shape: { key: search, values: [] },
      }))
    const { key, values } = shape
    try {
      const { query, canonical, args } = this.#shaped.get(`${kind}${key}`, () => {
        const made = parseQuery(shape.search, forFunction)
        return { query: made, canonical: encodedFiller(made.canonical), args: argumentFiller(made.args) }
      })
      return amended(query, { args: args(values), canonical: canonical(values), shape: { key, values } })
    } catch {
      // What cannot be read is complained of with its own values.
      return this.read(search, forFunction)
    }
  }
}

function argumentFiller(args: Query['args']): Shaped['args'] {
  if (args.length === 0) return () => args
  const fill = filler(args.map(([, text]) => text))
  return values => {
    const filled = fill(values)
    return args.map(([name], index) => [name, filled[index] ?? ''])
  }
}
