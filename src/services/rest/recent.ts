/** Remembers what was made of a text lately: at most `atMost` entries, of texts of at most `longest` characters. The least recently used goes first. */
export class Recent<T> {
  readonly #atMost: number
  readonly #longest: number
  /** The most recently used last. */
  readonly #known = new Map<string, T>()

  constructor(atMost: number, longest = 4000) {
    this.#atMost = atMost
    this.#longest = longest
  }

  /** What is remembered for `key`, or what `make` gives now; what `make` throws is not remembered. */
  get(key: string, make: () => T): T {
    const found = this.#known.get(key)
    if (found !== undefined) {
      this.#known.delete(key)
      this.#known.set(key, found)
      return found
    }
    const made = make()
    if (key.length <= this.#longest) this.#known.set(key, made)
    if (this.#known.size > this.#atMost) this.#dropOldest()
    return made
  }

  #dropOldest(): void {
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest)
      return
    }
  }
}
