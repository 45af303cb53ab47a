const atMost = 60

interface Entry {
  /** Empty: seen once, not kept by the server. */
  name: string
  /** Counts up: of two, the one that was used last has the higher. */
  used: number
}

/**
 * Which statements a connection has prepared. Requests of the same form have the same text, so that the server need not read and plan it
 * again; what is seen only once is not kept.
 */
export class Prepared {
  /** Nothing is moved in it when it is used: a map that is changed with every request leaves tables behind that keep each other alive. */
  readonly #entries = new Map<string, Entry>()
  readonly #dropped: string[] = []
  #count = 0
  #uses = 0

  /** The name to use; `isNew`: the statement must be sent under that name first. */
  use(text: string): { readonly name: string; readonly isNew: boolean } {
    const entry = this.#entries.get(text)
    if (!entry) {
      this.#entries.set(text, { name: '', used: ++this.#uses })
      this.#trim()
      return { name: '', isNew: true }
    }
    entry.used = ++this.#uses
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

  /** Forgets them all: the server says that it does not have one that it should have. */
  dropAll(): void {
    for (const text of [...this.#entries.keys()]) this.drop(text)
  }

  /** Names that the server may forget too; each is told once. */
  dropped(): readonly string[] {
    return this.#dropped.length === 0 ? none : this.#dropped.splice(0)
  }

  #trim(): void {
    if (this.#entries.size <= atMost) return
    let oldest = ''
    let least = Number.POSITIVE_INFINITY
    for (const [text, { used }] of this.#entries)
      if (used < least) {
        oldest = text
        least = used
      }
    this.drop(oldest)
  }
}

const none: readonly string[] = []
