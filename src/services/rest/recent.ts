/**
 * Remembers what was made of a text lately: about `atMost` entries, of texts of at most `longest` characters. What was not used for longest goes first,
 * half of all at once: to be found again costs one look, and moves nothing.
 */
export class Recent<T> {
  readonly #half: number
  readonly #longest: number
  #young = new Map<string, T>()
  #old = new Map<string, T>()

  constructor(atMost: number, longest = 4000) {
    this.#half = Math.ceil(atMost / 2)
    this.#longest = longest
  }

  /** What is remembered for `key`, or what `make` gives now; what `make` throws is not remembered. */
  get(key: string, make: () => T): T {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const found = this.#old.get(key) ?? make()
    if (key.length <= this.#longest) this.#young.set(key, found)
    if (this.#young.size > this.#half) {
      this.#old = this.#young
      this.#young = new Map()
    }
    return found
  }
}
