const atMost = 60

interface Entry {
  /** Empty: seen once, not kept by the server. */
  name: string
}

/**
 * Which statements a connection has prepared. Requests of the same form have the same text, so that the server need not read and plan it
 * again; what is seen only once is not kept.
 */
export class Prepared {
  static readonly #all = new WeakMap<object, Prepared>()

  /** What this connection has prepared. */
  static of(connection: object): Prepared {
    let found = Prepared.#all.get(connection)
    if (!found) {
      found = new Prepared()
      Prepared.#all.set(connection, found)
    }
    return found
  }

  /** The most recently used last. */
  readonly #entries = new Map<string, Entry>()
  readonly #dropped: string[] = []
  #count = 0

  /** The name to use; `isNew`: the statement must be sent under that name first. */
  use(text: string): { readonly name: string; readonly isNew: boolean } {
    const entry = this.#entries.get(text)
    if (!entry) {
      this.#entries.set(text, { name: '' })
      this.#trim()
      return { name: '', isNew: true }
    }
    this.#entries.delete(text)
    this.#entries.set(text, entry)
    if (entry.name !== '') return { name: entry.name, isNew: false }
    entry.name = `pgrst_${++this.#count}`
    return { name: entry.name, isNew: true }
  }

  /** Forgets a statement, because the server may not have it. */
  drop(text: string): void {
    const entry = this.#entries.get(text)
    this.#entries.delete(text)
    if (entry?.name) this.#dropped.push(entry.name)
  }

  /** Names that the server may forget too; each is told once. */
  dropped(): readonly string[] {
    return this.#dropped.splice(0)
  }

  #trim(): void {
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > atMost && oldest !== undefined) this.drop(oldest)
  }
}
